package shim

import (
	"fmt"
	"os"
	"syscall"

	"forever/internal/wire"
)

// room is a Holder's slot: the place of one instance, with the write ends of
// the pipes that all its processes share one after the other.
type room struct {
	streams []string
	writes  map[string]*os.File // by stream
	process Process             // nil: none
	plan    *wire.Plan          // of the last process
}

func (h *Holder) open(slot string, streams []string) *wire.ShimMessage {
	if r, ok := h.slots[slot]; ok {
		return r.describe(slot)
	}
	r, err := h.newRoom(slot, streams)
	if err != nil {
		return done(fmt.Errorf("make the pipes of %s: %w", slot, err))
	}
	return r.describe(slot)
}

// newRoom makes a slot. Until Pipe is called the read ends stay with h.
func (h *Holder) newRoom(slot string, streams []string) (*room, error) {
	r := &room{streams: streams, writes: map[string]*os.File{}}
	h.slots[slot] = r
	for _, name := range streams {
		read, write, err := os.Pipe()
		if err != nil {
			h.drop(slot)
			return nil, err
		}
		r.writes[name] = write
		h.mu.Lock()
		h.reads[slot+" "+name] = read
		h.mu.Unlock()
	}
	return r, nil
}

// describe is the slot as an inventory tells it. Not told is when its process
// began: the state file knows better about one that was adopted.
func (r *room) describe(slot string) *wire.ShimMessage {
	m := &wire.ShimMessage{Op: wire.OpSlot, Slot: slot, Streams: r.streams}
	if r.process != nil {
		m.PID, m.Start = r.process.ID()
	}
	return m
}

func (h *Holder) adopt(slot string, streams []string, pid int, start uint64) *wire.ShimMessage {
	if _, ok := h.slots[slot]; ok {
		return done(fmt.Errorf("slot %s is taken", slot))
	}
	p, err := h.system.Open(pid, start)
	if err != nil {
		return done(fmt.Errorf("adopt process %d: %w", pid, err))
	}
	r, err := h.newRoom(slot, streams)
	if err != nil {
		p.Close()
		return done(fmt.Errorf("make the pipes of %s: %w", slot, err))
	}
	h.moveIn(slot, r, p)
	return r.describe(slot)
}

// spawn starts the slot's process. A slot has one process at most: this is
// where a second copy would have to get past.
func (h *Holder) spawn(slot string, p *wire.Plan) *wire.ShimMessage {
	m := &wire.ShimMessage{Op: wire.OpSpawned, Slot: slot}
	r, ok := h.slots[slot]
	if ok && p != nil {
		r.plan = p
	}
	switch {
	case !ok:
		setError(m, fmt.Errorf("there is no slot %s", slot))
		return m
	case r.plan == nil:
		setError(m, fmt.Errorf("%s has no plan yet", slot))
		return m
	case r.process != nil:
		pid, _ := r.process.ID()
		setError(m, fmt.Errorf("%s runs already as PID %d", slot, pid))
		return m
	}
	process, err := h.start(slot, r)
	if err != nil {
		setError(m, err)
		return m
	}
	m.PID, m.Start = process.ID()
	m.At = now()
	h.moveIn(slot, r, process)
	return m
}

// start executes a program with its end of the pipes.
func (h *Holder) start(slot string, r *room) (Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	files := [3]*os.File{null, null, null}
	for i, name := range []string{r.plan.Out, r.plan.Err} {
		write, ok := r.writes[name]
		switch {
		case ok:
			files[i+1] = write
		case name != "":
			return nil, fmt.Errorf("%s has no stream %q", slot, name)
		}
	}
	return h.system.Start(r.plan, files)
}

// moveIn has a process live in a slot, and its end told.
func (h *Holder) moveIn(slot string, r *room, p Process) {
	r.process = p
	go func() {
		e := p.Wait()
		e.PID, e.Start = p.ID()
		e.At = now()
		// Nobody ends a Holder while a process of it lives.
		_ = h.later(func() {
			r.process = nil
			p.Close()
			h.exit(slot, e)
		})
	}()
}

// signal sends to a process that may have ended, but that was not let go of:
// nobody else has its PID.
func (h *Holder) signal(slot string, sig syscall.Signal, group bool) error {
	r, ok := h.slots[slot]
	if !ok || r.process == nil {
		return syscall.ESRCH
	}
	return r.process.Signal(sig, group)
}

// close drops a slot that has no process.
func (h *Holder) close(slot string) {
	if r, ok := h.slots[slot]; ok && r.process == nil {
		h.drop(slot)
	}
}

// drop closes what is still ours of a slot's pipes.
func (h *Holder) drop(slot string) {
	r := h.slots[slot]
	delete(h.slots, slot)
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, write := range r.writes {
		write.Close()
		if read, ok := h.reads[slot+" "+name]; ok {
			read.Close()
			delete(h.reads, slot+" "+name)
		}
	}
}

// quit ends the Holder if nothing runs; nil: it does.
func (h *Holder) quit() *wire.ShimMessage {
	for slot, r := range h.slots {
		if r.process != nil {
			pid, _ := r.process.ID()
			return done(fmt.Errorf("%s still runs as PID %d", slot, pid))
		}
	}
	for slot := range h.slots {
		h.drop(slot)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	return nil
}
