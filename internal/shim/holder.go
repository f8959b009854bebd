package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"forever/internal/wire"
)

// ErrEnded is what every call to a Holder returns after it has ended.
var ErrEnded = errors.New("the holder has ended")

// Holder is a shim without a process of its own. It holds the programs and
// their pipes within the supervisor's process, where the system lets nobody
// hand them to another one. Its calls are those of Handle, and are answered in
// the same order and words.
//
// What it holds ends with that process, but for the programs themselves: their
// pipes break, and the next supervisor adopts them.
//
// It is built on every system, so that it is tested on every system.
type Holder struct {
	system System

	mu    sync.Mutex
	more  sync.Cond // something was added to queue, or ended
	queue []func()  // what Listen is to do
	ended bool
	reads map[string]*os.File // the read ends that Pipe has not given away yet

	// What follows belongs to the goroutine that is in Listen.
	slots map[string]*room
	exit  func(slot string, e wire.ShimExit)
}

// System makes and finds processes for a Holder.
type System interface {
	// Start executes the program of p, in the folder and with the arguments and
	// environment it says. files become its stdin, stdout and stderr and stay
	// the caller's.
	Start(p *wire.Plan, files [3]*os.File) (Process, error)
	// Open returns the process that has this PID and started then. The error
	// wraps os.ErrProcessDone where it is gone.
	Open(pid int, start uint64) (Process, error)
}

// Process is a process as a System holds it.
type Process interface {
	// ID is its PID and start time, as in pidfile.Process.
	ID() (pid int, start uint64)
	// Wait returns when it has ended, and tells how: Status, Known and Alone
	// of the result count. It is called once.
	Wait() wire.ShimExit
	// Signal sends sig to it or, with group, to all that came from it, as far
	// as the system knows signals and groups.
	Signal(sig syscall.Signal, group bool) error
	// Close lets go of it, when Wait has returned.
	Close() error
}

// NewHolder returns a Holder of nothing. It works while Listen does.
func NewHolder(s System) *Holder {
	h := &Holder{system: s, reads: map[string]*os.File{}, slots: map[string]*room{}}
	h.more.L = &h.mu
	return h
}

// Listen does what is asked, in order, until the end that Quit asks for. exit
// is called for each end of a process, and the replies of all calls from here.
func (h *Holder) Listen(exit func(slot string, e wire.ShimExit)) {
	h.exit = exit
	for f := h.next(); f != nil; f = h.next() {
		f()
	}
}

// next waits for something to do; nil: the end.
func (h *Holder) next() func() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.queue) == 0 && !h.ended {
		h.more.Wait()
	}
	if h.ended {
		return nil
	}
	f := h.queue[0]
	h.queue = h.queue[1:]
	return f
}

// later has f done by Listen.
func (h *Holder) later(f func()) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return ErrEnded
	}
	h.queue = append(h.queue, f)
	h.more.Signal()
	return nil
}

// ask has f done by Listen and its answer given to reply, if that is not nil.
func (h *Holder) ask(f func() *wire.ShimMessage, reply func(*wire.ShimMessage)) error {
	return h.later(func() {
		if m := f(); m != nil && reply != nil {
			reply(m)
		}
	})
}

// Open makes a slot with its pipes.
func (h *Holder) Open(slot string, streams []string, reply func(*wire.ShimMessage)) error {
	return h.ask(func() *wire.ShimMessage { return h.open(slot, streams) }, reply)
}

// Adopt makes a slot for a process that another supervisor started. Its own
// pipes are lost; those that are made are for the processes after it.
func (h *Holder) Adopt(slot string, streams []string, pid int, start uint64, reply func(*wire.ShimMessage)) error {
	return h.ask(func() *wire.ShimMessage { return h.adopt(slot, streams, pid, start) }, reply)
}

// Spawn has a slot's process started; without a plan by that of the one before.
// The note would be for the next supervisor, which will not ask here.
func (h *Holder) Spawn(slot string, p *wire.Plan, _ json.RawMessage, reply func(*wire.ShimMessage)) error {
	return h.ask(func() *wire.ShimMessage { return h.spawn(slot, p) }, reply)
}

// Signal sends to a slot's process, or to its whole group.
func (h *Holder) Signal(slot string, sig syscall.Signal, group bool, reply func(*wire.ShimMessage)) error {
	return h.ask(func() *wire.ShimMessage { return done(h.signal(slot, sig, group)) }, reply)
}

// Stand does nothing: a Holder lives in the supervisor's own process, and there is
// no way to save.
func (h *Holder) Stand(string, int, *wire.Order) error { return nil }

// Forget does nothing: an exit is told once, and there is no supervisor after
// this one to tell it to.
func (h *Holder) Forget(string, int) error { return nil }

// CloseSlot drops an empty slot and its pipes.
func (h *Holder) CloseSlot(slot string) error {
	return h.later(func() { h.close(slot) })
}

// Pipe returns the read end of a slot's stream. It can be had once, and is the
// caller's to close.
func (h *Holder) Pipe(slot, stream string) (*os.File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := slot + " " + stream
	f, ok := h.reads[name]
	if !ok {
		return nil, fmt.Errorf("slot %s has no stream %q", slot, stream)
	}
	delete(h.reads, name)
	return f, nil
}

// Put closes f and refuses: nothing is kept beyond the life of this process.
func (h *Holder) Put(name string, f *os.File, reply func(*wire.ShimMessage)) error {
	f.Close()
	return h.ask(func() *wire.ShimMessage {
		return done(fmt.Errorf("keep descriptor %q: %w", name, errors.ErrUnsupported))
	}, reply)
}

// Held finds no descriptor, since Put takes none.
func (h *Holder) Held(name string) (*os.File, error) {
	return nil, fmt.Errorf("no descriptor %q is held", name)
}

// Drop has nothing to let go of.
func (h *Holder) Drop(string) error { return nil }

// errUpdate follows "update: ".
var errUpdate = errors.New("it is not available here, since the programs cannot be handed to another process; " +
	"forever kill, then start them with the new binary")

// Main refuses: there is no way here for a program to ask for it.
func (h *Holder) Main(_ string, pid int, _ uint64, _ wire.Origin, reply func(*wire.ShimMessage)) error {
	return h.ask(func() *wire.ShimMessage {
		return done(fmt.Errorf("hand over to process %d: %w", pid, errors.ErrUnsupported))
	}, reply)
}

// Update refuses.
func (h *Holder) Update(_, _ string, reply func(*wire.ShimMessage)) error {
	return h.ask(func() *wire.ShimMessage { return done(errUpdate) }, reply)
}

// Quit ends the Holder, if nothing runs; reply is called only if it refuses.
func (h *Holder) Quit(reply func(*wire.ShimMessage)) error {
	return h.ask(h.quit, reply)
}
