package proc

import (
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// exits tells the ends of processes to those who wait for them.
var exits exitWatch

// exitWatch is one kqueue(2) and one thread that waits on it. Both begin with
// the first watch and stay.
type exitWatch struct {
	mu      sync.Mutex
	queue   int // the kqueue; 0 before the first watch
	waiting map[int][]chan struct{}
}

// watch returns a channel that is closed when the process with this PID ends.
// Whoever wants to be sure that it had not ended before asks after this call.
// cancel forgets the channel.
func (w *exitWatch) watch(pid int) (ended <-chan struct{}, cancel func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.begin(); err != nil {
		return nil, nil, err
	}
	c := make(chan struct{})
	change := []unix.Kevent_t{{
		Ident:  uint64(pid),
		Filter: unix.EVFILT_PROC,
		Flags:  unix.EV_ADD | unix.EV_ONESHOT,
		Fflags: unix.NOTE_EXIT,
	}}
	switch _, err := unix.Kevent(w.queue, change, nil, nil); err {
	case nil:
		w.waiting[pid] = append(w.waiting[pid], c)
	case unix.ESRCH:
		close(c)
	default:
		return nil, nil, os.NewSyscallError("kevent", err)
	}
	return c, func() { w.forget(pid, c) }, nil
}

// begin makes the queue; the caller holds the lock.
func (w *exitWatch) begin() error {
	if w.queue != 0 {
		return nil
	}
	queue, err := unix.Kqueue()
	if err != nil {
		return os.NewSyscallError("kqueue", err)
	}
	unix.CloseOnExec(queue)
	w.queue, w.waiting = queue, make(map[int][]chan struct{})
	go w.run(queue)
	return nil
}

func (w *exitWatch) run(queue int) {
	events := make([]unix.Kevent_t, 16)
	for {
		n, err := unix.Kevent(queue, nil, events, nil)
		if err != nil && err != unix.EINTR {
			return // not an error that kevent(2) has for these arguments
		}
		for _, e := range events[:max(n, 0)] {
			w.tell(int(e.Ident))
		}
	}
}

func (w *exitWatch) tell(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.waiting[pid] {
		close(c)
	}
	delete(w.waiting, pid)
}

func (w *exitWatch) forget(pid int, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := slices.DeleteFunc(w.waiting[pid], func(other chan struct{}) bool { return other == c })
	if len(left) == 0 {
		delete(w.waiting, pid)
	} else {
		w.waiting[pid] = left
	}
}
