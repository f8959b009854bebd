package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Handle holds one process, a child or not. macOS has no descriptor for a
// process, so a handle is its PID and start time, which are compared right
// before each signal. All methods may be called at the same time.
type Handle struct {
	pid   int
	start uint64
	once  sync.Once
	shut  chan struct{} // closed by Close
}

// Open returns a handle of the process that has this PID and started then, in
// the unit of [Entry]. A zombie can be opened. The error wraps
// os.ErrProcessDone when the process is gone or its PID belongs to another.
// The caller closes the handle.
func Open(pid int, start uint64) (*Handle, error) {
	h := &Handle{pid: pid, start: start, shut: make(chan struct{})}
	if pid <= 0 {
		return nil, fmt.Errorf("open process %d: %w", pid, os.ErrProcessDone)
	}
	if _, err := h.look(); err != nil {
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	return h, nil
}

// look is the process as it is now.
func (h *Handle) look() (Entry, error) {
	e, err := look(h.pid)
	if err == nil && e.Start != h.start {
		err = fmt.Errorf("it started at %d and not at %d: %w", e.Start, h.start, os.ErrProcessDone)
	}
	return e, err
}

// Signal sends sig to the process; 0 only asks whether it may. The error wraps
// os.ErrProcessDone when the process has ended, also as a zombie.
func (h *Handle) Signal(sig syscall.Signal) error {
	e, err := h.look()
	if err == nil && e.Ended() {
		err = os.ErrProcessDone
	}
	return h.kill("signal process", h.pid, sig, err)
}

// SignalGroup sends sig to every process of the group that the process leads,
// for as long as it has not been reaped. The error wraps os.ErrProcessDone when
// nobody is left to be reached.
func (h *Handle) SignalGroup(sig syscall.Signal) error {
	_, err := h.look()
	return h.kill("signal group", -h.pid, sig, err)
}

// kill calls kill(2) unless something was wrong before.
func (h *Handle) kill(what string, target int, sig syscall.Signal, err error) error {
	if err == nil && h.closed() {
		err = os.ErrClosed
	}
	if err == nil {
		err = unix.Kill(target, sig)
		if errors.Is(err, unix.ESRCH) {
			err = os.ErrProcessDone
		} else {
			err = os.NewSyscallError("kill", err)
		}
	}
	if err != nil {
		return fmt.Errorf("%s %d with %s: %w", what, h.pid, SignalName(sig), err)
	}
	return nil
}

// Wait returns nil when the process has ended; a zombie has. It does not reap.
// All waits of this process share one thread. It returns ctx's error when ctx
// ends first, and one that wraps os.ErrClosed after Close.
func (h *Handle) Wait(ctx context.Context) error {
	ended, cancel, err := exits.watch(h.pid)
	if err != nil {
		return fmt.Errorf("wait for process %d: %w", h.pid, err)
	}
	defer cancel()
	if h.Exited() { // before the watch began, or the PID is another's by now
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-h.shut:
		return fmt.Errorf("wait for process %d: %w", h.pid, os.ErrClosed)
	}
}

// Exited says whether the process has ended; a zombie has. A closed handle
// does not know, and says no.
func (h *Handle) Exited() bool {
	if h.closed() {
		return false
	}
	e, err := h.look()
	return errors.Is(err, os.ErrProcessDone) || err == nil && e.Ended()
}

// ExitStatus is not to be had for a process that may be nobody's child here.
func (h *Handle) ExitStatus() (status syscall.WaitStatus, ok bool) { return 0, false }

// Close ends every Wait.
func (h *Handle) Close() error {
	h.once.Do(func() { close(h.shut) })
	return nil
}

func (h *Handle) closed() bool {
	select {
	case <-h.shut:
		return true
	default:
		return false
	}
}
