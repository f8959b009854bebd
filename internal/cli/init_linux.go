package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// asInit is the life of PID 1 in a container: it runs the same command line
// once more as its child, passes every signal on, reaps whoever the kernel
// gives it, and returns the child's exit code. Anywhere else it returns -1 at
// once.
//
// wait4(-1) takes the exit of any child, also of one that os/exec waits for,
// and nothing tells an orphan from a child of ours. So the process that reaps
// and the one that uses os/exec (to start the background pair, to read a
// config file with node) are two.
func asInit() (code int, err error) {
	if os.Getpid() != 1 {
		return -1, nil
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	child, err := initChild()
	if err != nil {
		return -1, fmt.Errorf("start forever under PID 1: %w", err)
	}
	for sig := range signals {
		switch sig {
		case syscall.SIGURG, syscall.SIGPIPE: // Go's own
		case syscall.SIGCHLD:
			if code, ended := reapAll(child); ended {
				return code, nil
			}
		default:
			if n, ok := sig.(syscall.Signal); ok {
				// An error says that the child has ended: its SIGCHLD is on the way.
				_ = syscall.Kill(child, n)
			}
		}
	}
	return -1, errors.New("the signals of PID 1 have ended")
}

// initChild starts this program again, in a process group of its own, so that
// a key that signals the terminal's group reaches it once: from the terminal.
func initChild() (pid int, err error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, err
	}
	attr := &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	}
	if term.IsTerminal(0) {
		attr.Sys.Foreground, attr.Sys.Ctty = true, 0
		if pid, err = syscall.ForkExec(exe, os.Args, attr); err == nil {
			return pid, nil
		}
		attr.Sys.Foreground = false // it is not our controlling terminal
	}
	return syscall.ForkExec(exe, os.Args, attr)
}

// reapAll takes the exits of all children that have ended. One SIGCHLD may
// stand for many.
func reapAll(child int) (code int, ended bool) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || pid <= 0:
			return code, ended
		case pid == child && status.Signaled():
			code, ended = 128+int(status.Signal()), true
		case pid == child:
			code, ended = status.ExitStatus(), true
		}
	}
}
