package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
)

// Handle holds one process, a child or not, by a process handle: while it is
// open Windows does not give the PID to another. All methods may be called at
// the same time.
type Handle struct {
	pid    int
	mu     sync.Mutex
	handle windows.Handle // 0 after Close
	shut   windows.Handle // an event, set by Close, that ends every Wait
}

// Open returns a handle of the process that has this PID and started then, in
// the unit of [Entry]. The error wraps os.ErrProcessDone when the process is
// gone or its PID belongs to another. The caller closes the handle.
func Open(pid int, start uint64) (*Handle, error) {
	const access = windows.SYNCHRONIZE | windows.PROCESS_TERMINATE | windows.PROCESS_QUERY_LIMITED_INFORMATION
	if pid <= 0 {
		return nil, fmt.Errorf("open process %d: %w", pid, os.ErrProcessDone)
	}
	handle, err := windows.OpenProcess(access, false, uint32(pid))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) { // nobody has this PID
		return nil, fmt.Errorf("open process %d: %w", pid, os.ErrProcessDone)
	}
	if err != nil {
		return nil, fmt.Errorf("open process %d: %w", pid, os.NewSyscallError("OpenProcess", err))
	}
	created, err := creation(handle)
	if err == nil && created != start {
		err = fmt.Errorf("it started at %d and not at %d: %w", created, start, os.ErrProcessDone)
	}
	var shut windows.Handle
	if err == nil {
		shut, err = windows.CreateEvent(nil, 1, 0, nil)
	}
	if err != nil {
		windows.CloseHandle(handle)
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	return &Handle{pid: pid, handle: handle, shut: shut}, nil
}

// Signal ends the process when sig is SIGKILL or SIGTERM, with the exit code
// 128+sig, and only asks whether it lives when sig is 0. Windows has no other
// signals. The error wraps os.ErrProcessDone when the process has ended.
func (h *Handle) Signal(sig syscall.Signal) error {
	err := h.use(func(handle windows.Handle) error {
		switch {
		case signalled(handle):
			return os.ErrProcessDone
		case sig == 0:
			return nil
		case sig == syscall.SIGKILL || sig == syscall.SIGTERM:
			return os.NewSyscallError("TerminateProcess", windows.TerminateProcess(handle, uint32(128+sig)))
		default:
			return errors.ErrUnsupported
		}
	})
	if err != nil {
		return fmt.Errorf("signal process %d with %s: %w", h.pid, SignalName(sig), err)
	}
	return nil
}

// SignalGroup is Signal: Windows has no process groups that could be signalled.
func (h *Handle) SignalGroup(sig syscall.Signal) error { return h.Signal(sig) }

// Wait returns nil when the process has ended. It takes one thread while it
// waits. It returns ctx's error when ctx ends first, and one that wraps
// os.ErrClosed after Close.
func (h *Handle) Wait(ctx context.Context) error {
	cancel, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return fmt.Errorf("wait for process %d: %w", h.pid, os.NewSyscallError("CreateEvent", err))
	}
	defer windows.CloseHandle(cancel)
	handles, err := h.duplicate()
	if err != nil {
		return fmt.Errorf("wait for process %d: %w", h.pid, err)
	}
	defer windows.CloseHandle(handles[0])
	defer windows.CloseHandle(handles[1])

	late := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		windows.SetEvent(cancel)
		close(late)
	})
	event, err := windows.WaitForMultipleObjects(append(handles, cancel), false, windows.INFINITE)
	if !stop() {
		<-late
	}
	switch {
	case err != nil:
		return fmt.Errorf("wait for process %d: %w", h.pid, os.NewSyscallError("WaitForMultipleObjects", err))
	case event == windows.WAIT_OBJECT_0:
		return nil
	case event == windows.WAIT_OBJECT_0+1:
		return fmt.Errorf("wait for process %d: %w", h.pid, os.ErrClosed)
	default:
		return ctx.Err()
	}
}

// duplicate copies the two handles for a Wait, so that Close may close its own.
func (h *Handle) duplicate() (copies []windows.Handle, err error) {
	me := windows.CurrentProcess()
	err = h.use(func(handle windows.Handle) error {
		for _, from := range []windows.Handle{handle, h.shut} {
			var to windows.Handle
			err := windows.DuplicateHandle(me, from, me, &to, 0, false, windows.DUPLICATE_SAME_ACCESS)
			if err != nil {
				return os.NewSyscallError("DuplicateHandle", err)
			}
			copies = append(copies, to)
		}
		return nil
	})
	if err != nil {
		for _, c := range copies {
			windows.CloseHandle(c)
		}
		return nil, err
	}
	return copies, nil
}

// Exited says whether the process has ended. A closed handle does not know, and
// says no.
func (h *Handle) Exited() (yes bool) {
	_ = h.use(func(handle windows.Handle) error {
		yes = signalled(handle)
		return nil
	})
	return yes
}

// ExitStatus tells how the process ended; ok is false while it runs.
func (h *Handle) ExitStatus() (status syscall.WaitStatus, ok bool) {
	err := h.use(func(handle windows.Handle) error {
		if !signalled(handle) {
			return errors.ErrUnsupported
		}
		return windows.GetExitCodeProcess(handle, &status.ExitCode)
	})
	return status, err == nil
}

// Close gives the handle back and ends every Wait.
func (h *Handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.handle == 0 {
		return os.ErrClosed
	}
	windows.SetEvent(h.shut)
	windows.CloseHandle(h.shut)
	err := windows.CloseHandle(h.handle)
	h.handle, h.shut = 0, 0
	return os.NewSyscallError("CloseHandle", err)
}

// use calls f with the handle, which stays open for that long.
func (h *Handle) use(f func(windows.Handle) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.handle == 0 {
		return os.ErrClosed
	}
	return f(h.handle)
}

// signalled says whether a process has ended.
func signalled(handle windows.Handle) bool {
	event, err := windows.WaitForSingleObject(handle, 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}
