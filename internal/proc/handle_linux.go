package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Handle holds one process, a child or not, and never means another one: a
// pidfd refers to the process it was opened for, also after its number was
// given away (pidfd_open(2)). It costs one descriptor. All methods may be
// called at the same time from several goroutines.
type Handle struct {
	pid   int
	start uint64
	file  *os.File        // the pidfd; registered with Go's poller
	conn  syscall.RawConn // guards the number of the descriptor against Close
	turn  chan struct{}   // held by the one goroutine that waits on file
}

// Open returns a handle of the process that has this PID and started then, in
// the unit of [Entry]. A zombie can be opened. The error wraps
// os.ErrProcessDone when the process is gone or its PID belongs to another.
// The caller closes the handle.
func Open(pid int, start uint64) (*Handle, error) {
	if pid <= 0 {
		return nil, fmt.Errorf("open process %d: %w", pid, os.ErrProcessDone)
	}
	// PIDFD_NONBLOCK is there since Linux 5.10; os.NewFile wants to see it.
	fd, err := unix.PidfdOpen(pid, unix.O_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("open process %d: %w", pid, refused(err, pid, start))
	}
	file := os.NewFile(uintptr(fd), fmt.Sprintf("pidfd:%d", pid))
	h := &Handle{pid: pid, start: start, file: file, turn: make(chan struct{}, 1)}
	if err := h.verify(); err != nil {
		file.Close()
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	return h, nil
}

// verify makes sure that the pidfd, which is open already, holds the process
// that was meant, and that the poller took it.
func (h *Handle) verify() (err error) {
	if h.conn, err = h.file.SyscallConn(); err != nil {
		return err
	}
	if err := h.file.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("poll its pidfd: %w", err)
	}
	return checkStart(h.pid, h.start)
}

// checkStart compares what has the PID now with what is meant.
func checkStart(pid int, start uint64) error {
	stat, err := readStat(pid)
	if err != nil {
		return err
	}
	if stat.Start != start {
		return fmt.Errorf("it started at %d and not at %d: %w", stat.Start, start, os.ErrProcessDone)
	}
	return nil
}

// refused explains an error of pidfd_open(2). EINVAL and ENOENT may mean that
// the number is now a thread's, or only that of a group whose leader is gone.
func refused(err error, pid int, start uint64) error {
	if err == unix.EINVAL || err == unix.ENOENT {
		if err := checkStart(pid, start); errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	return doneOr(err, "pidfd_open")
}

// Signal sends sig to the process; 0 only asks whether it may. The error wraps
// os.ErrProcessDone when the process has ended, also as a zombie.
func (h *Handle) Signal(sig syscall.Signal) error {
	return h.send(sig, "signal process", func(fd int) error {
		if ended(fd) {
			return os.ErrProcessDone
		}
		return doneOr(unix.PidfdSendSignal(fd, sig, nil, 0), "pidfd_send_signal")
	})
}

// SignalGroup sends sig to every process of the group that the process leads.
// The group may outlive its leader: since Linux 6.9 it is reached even then,
// before that for as long as the leader has not been reaped. The error wraps
// os.ErrProcessDone when nobody is left to be reached.
func (h *Handle) SignalGroup(sig syscall.Signal) error {
	return h.send(sig, "signal group", func(fd int) error {
		err := unix.PidfdSendSignal(fd, sig, nil, unix.PIDFD_SIGNAL_PROCESS_GROUP)
		if !errors.Is(err, unix.EINVAL) {
			return doneOr(err, "pidfd_send_signal")
		}
		return signalGroupOld(h.pid, fd, sig)
	})
}

// signalGroupOld is SignalGroup before Linux 6.9. Signal 0 reaches a zombie but
// not a process that was reaped: as long as it does, the number of the group
// cannot have been given away.
func signalGroupOld(pid, fd int, sig syscall.Signal) error {
	if err := unix.PidfdSendSignal(fd, 0, nil, 0); err != nil {
		return doneOr(err, "pidfd_send_signal")
	}
	return doneOr(unix.Kill(-pid, sig), "kill")
}

// send runs one signalling call on the descriptor and says what it was about.
func (h *Handle) send(sig syscall.Signal, what string, call func(fd int) error) error {
	var err error
	if h.conn.Control(func(fd uintptr) { err = call(int(fd)) }) != nil {
		err = os.ErrClosed
	}
	if err != nil {
		return fmt.Errorf("%s %d with %s: %w", what, h.pid, SignalName(sig), err)
	}
	return nil
}

// Wait returns nil when the process has ended; a zombie has. It does not reap.
// Any number of waits cost no thread and no wake-up. It returns ctx's error
// when ctx ends first, and one that wraps os.ErrClosed after Close.
func (h *Handle) Wait(ctx context.Context) error {
	select { // one at a time may use the read side of the file
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	late := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		h.file.SetReadDeadline(time.Unix(1, 0)) // long ago: wakes the read below
		close(late)
	})
	err := h.conn.Read(func(fd uintptr) bool { return ended(int(fd)) })
	if !stop() {
		<-late
		h.file.SetReadDeadline(time.Time{})
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ctx.Err()
	default:
		return fmt.Errorf("wait for process %d: %w", h.pid, os.ErrClosed)
	}
}

// Exited says whether the process has ended; a zombie has. A closed handle
// does not know, and says no.
func (h *Handle) Exited() (yes bool) {
	h.conn.Control(func(fd uintptr) { yes = ended(int(fd)) })
	return yes
}

// Close gives the descriptor back and ends every Wait.
func (h *Handle) Close() error { return h.file.Close() }

// ended asks a pidfd without waiting: it is readable once the last thread of
// the process has ended, whether it has been reaped or not.
func ended(fd int) bool {
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(set, 0)
		if err != unix.EINTR {
			return n == 1
		}
	}
}

// doneOr gives ESRCH the name that the os package has for it.
func doneOr(err error, call string) error {
	if errors.Is(err, unix.ESRCH) {
		return os.ErrProcessDone
	}
	return os.NewSyscallError(call, err)
}
