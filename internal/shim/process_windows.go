package shim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// Windows starts processes of which each leads a group, has an invisible
// console and lives in a job object with all that come from it.
type Windows struct{}

// process is a program, held by a handle.
type process struct {
	*proc.Handle
	pid   int
	start uint64
	job   *job // nil: adopted; or the system refused one
}

// exitKilled is the exit code of what is ended by force: what a shell makes of
// SIGKILL.
const exitKilled = 128 + uint32(syscall.SIGKILL)

// Start executes the program of p. CREATE_NO_WINDOW and not DETACHED_PROCESS:
// with a console, though nobody sees it, a program can be asked to end by
// CTRL_BREAK, and the console programs that it starts open no window.
//
// The process joins its job a moment after its birth. One that it starts
// earlier than that would stay outside; but until then it is only being loaded.
func (Windows) Start(p *wire.Plan, files [3]*os.File) (Process, error) {
	pid, handle, err := syscall.StartProcess(p.File, p.Argv, &syscall.ProcAttr{
		Dir:   p.Dir,
		Env:   p.Env,
		Files: []uintptr{files[0].Fd(), files[1].Fd(), files[2].Fd()},
		Sys:   &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP},
	})
	if err != nil {
		return nil, err
	}
	// While this handle is open the PID is its own, even if it ends.
	born := windows.Handle(handle)
	defer windows.CloseHandle(born)
	h, err := identify(pid)
	if err != nil {
		// What nobody could hold must not run.
		_ = windows.TerminateProcess(born, exitKilled)
		return nil, fmt.Errorf("hold process %d: %w", pid, err)
	}
	// A job only helps to find what comes from it; the program matters more.
	h.job, _ = newJob(born)
	return h, nil
}

// identify opens a process whose PID cannot be given away now.
func identify(pid int) (*process, error) {
	id, err := pidfile.Identify(pid)
	if err != nil {
		return nil, err
	}
	h, err := proc.Open(pid, id.Start)
	if err != nil {
		return nil, err
	}
	return &process{Handle: h, pid: pid, start: id.Start}, nil
}

// Open returns a process that another supervisor started. Its job cannot be
// had again.
func (Windows) Open(pid int, start uint64) (Process, error) {
	h, err := proc.Open(pid, start)
	if err != nil {
		return nil, err
	}
	return &process{Handle: h, pid: pid, start: start}, nil
}

func (p *process) ID() (pid int, start uint64) { return p.pid, p.start }

// Wait returns when the process has ended, and with it what came from it: once
// it is gone nothing polite could be said to the others.
func (p *process) Wait() (e wire.ShimExit) {
	for !p.Exited() {
		if err := p.Handle.Wait(context.Background()); err != nil {
			time.Sleep(waitAgain) // the process has not ended by that
		}
	}
	status, ok := p.ExitStatus()
	e.Status, e.Known = status.ExitCode, ok
	e.Alone = p.job.clear()
	return e
}

// waitAgain is the pause after a wait that failed, for want of memory, say.
const waitAgain = time.Second

// Signal sends CTRL_BREAK for SIGTERM and SIGINT, which reaches those of the
// group that share the console, and ends the whole job, or the process alone,
// for SIGKILL. Windows has nothing else.
func (p *process) Signal(sig syscall.Signal, group bool) error {
	var err error
	switch {
	case p.Exited():
		return syscall.ESRCH
	case sig == syscall.SIGTERM || sig == syscall.SIGINT:
		err = sendBreak(p.pid)
	case sig == syscall.SIGKILL && group && p.job != nil:
		err = p.job.kill()
	case sig == syscall.SIGKILL:
		err = p.Handle.Signal(sig)
	default:
		return fmt.Errorf("%s is unknown to Windows: SIGTERM and SIGINT ask a program to end, SIGKILL ends it", proc.SignalName(sig))
	}
	if errors.Is(err, os.ErrProcessDone) {
		return syscall.ESRCH
	}
	return err
}

func (p *process) Close() error {
	p.job.close()
	return p.Handle.Close()
}
