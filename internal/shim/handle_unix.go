//go:build unix

package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

// Handle is a supervisor's hold on its shim. Calls return at once; answers and
// news come through the functions given, on the goroutine that is in Listen.
type Handle struct {
	link *Link
	// ShimPID is the shim's; UpdateRequest the request of the last update,
	// and UpdateError how it failed.
	ShimPID                    int
	UpdateRequest, UpdateError string

	mu      sync.Mutex
	seq     uint64
	pending map[uint64]func(*wire.ShimMessage)
	mirror  map[string]*adoptedSlot // what the shim holds, to go on from if it dies
	held    map[string]int
	lent    map[uint64]int // descriptors that came with an answer, by its Seq
	// The control socket and the lock of the root. Bare numbers: an os.File
	// would have the netpoller wake us twice for each client.
	listener, lock int
}

// Connect takes the inventory from the shim that started this process.
func Connect() (*Handle, []*wire.ShimMessage, error) {
	unix.CloseOnExec(linkFD)
	h := &Handle{
		link:    NewLink(linkFD),
		pending: map[uint64]func(*wire.ShimMessage){},
		mirror:  map[string]*adoptedSlot{},
		held:    map[string]int{},
		lent:    map[uint64]int{},
	}
	var slots []*wire.ShimMessage
	for {
		m, fds, err := h.link.Recv()
		if err != nil {
			return nil, nil, fmt.Errorf("take the inventory from the shim: %w", err)
		}
		switch m.Op {
		case wire.OpHello:
			err = h.hello(m, fds)
		case wire.OpSlot:
			h.note(m, fds)
			slots = append(slots, m)
		case wire.OpHeld:
			err = h.keep(m.Name, fds)
		case wire.OpBegin:
			return h, slots, h.whole()
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

func (h *Handle) hello(m *wire.ShimMessage, fds []int) error {
	if len(fds) != 2 {
		return fmt.Errorf("the shim sent %d descriptors, not the control socket and the lock", len(fds))
	}
	h.listener, h.lock = fds[0], fds[1]
	h.ShimPID, h.UpdateRequest, h.UpdateError = m.PID, m.Name, m.Error
	return nil
}

func (h *Handle) keep(name string, fds []int) error {
	if len(fds) != 1 {
		return fmt.Errorf("the shim sent %d descriptors for %q, not one", len(fds), name)
	}
	h.held[name] = fds[0]
	return nil
}

// Listener returns a listener on the control socket, the caller's to close.
func (h *Handle) Listener() (net.Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, err := dup(h.listener, "the control socket")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ln, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("listen on the control socket: %w", err)
	}
	return ln, nil
}

// Held returns a descriptor of its own for a named one.
func (h *Handle) Held(name string) (*os.File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fd, ok := h.held[name]
	if !ok {
		return nil, fmt.Errorf("no descriptor %q is held", name)
	}
	return dup(fd, name)
}

// HeldNames are the names of all descriptors that the shim holds.
func (h *Handle) HeldNames() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.held))
}

// Lend is Held for a bare descriptor.
func (h *Handle) Lend(name string) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fd, ok := h.held[name]
	if !ok {
		return -1, fmt.Errorf("no descriptor %q is held", name)
	}
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("duplicate the descriptor of %s: %w", name, err)
	}
	return n, nil
}

func (h *Handle) whole() error {
	if h.lock == 0 {
		return errors.New("the shim did not introduce itself")
	}
	return nil
}

// note keeps what a slot message tells.
func (h *Handle) note(m *wire.ShimMessage, fds []int) {
	if old, ok := h.mirror[m.Slot]; ok {
		closeAll(old.Read)
	}
	h.mirror[m.Slot] = &adoptedSlot{ShimMessage: *m, Read: fds}
}

// Pipe returns a descriptor of its own for the read end of a slot's stream.
func (h *Handle) Pipe(slot, stream string) (*os.File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if sl, ok := h.mirror[slot]; ok {
		for i, name := range sl.Streams {
			if name == stream && i < len(sl.Read) {
				return dup(sl.Read[i], slot+" "+stream)
			}
		}
	}
	return nil, fmt.Errorf("slot %s has no stream %q", slot, stream)
}

func dup(fd int, name string) (*os.File, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate the descriptor of %s: %w", name, err)
	}
	return os.NewFile(uintptr(n), name), nil
}

// Call sends m and gives its answer to reply. An error means that the shim is
// gone; reply is not called then.
func (h *Handle) Call(m *wire.ShimMessage, reply func(*wire.ShimMessage), fds ...int) error {
	h.mu.Lock()
	h.seq++
	m.Seq = h.seq
	if reply != nil {
		h.pending[m.Seq] = reply
	}
	h.mu.Unlock()
	err := h.link.Send(m, fds...)
	if err != nil {
		h.mu.Lock()
		delete(h.pending, m.Seq)
		h.mu.Unlock()
	}
	return err
}

// Forget tells that an exit has been recorded.
func (h *Handle) Forget(slot string, pid int) error {
	h.mu.Lock()
	if sl, ok := h.mirror[slot]; ok {
		for i, e := range sl.Exits {
			if e.PID == pid {
				sl.Exits = append(sl.Exits[:i:i], sl.Exits[i+1:]...)
				break
			}
		}
	}
	h.mu.Unlock()
	return h.link.Send(&wire.ShimMessage{Op: wire.OpForget, Slot: slot, PID: pid})
}

// Put gives the shim a descriptor to keep; the caller's is closed when it has been sent.
func (h *Handle) Put(name string, f *os.File, reply func(*wire.ShimMessage)) error {
	defer f.Close()
	// Not by f.Fd, which has the file block, and with it every other descriptor
	// of it: whoever reads a socket through Go's poller could not be interrupted.
	raw, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("use %s: %w", name, err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = h.put(name, int(fd), reply) })
	return errors.Join(err, failed)
}

// Keep has the shim hold a bare descriptor, which stays the caller's too; reply,
// if not nil, is called when it does.
func (h *Handle) Keep(name string, fd int, reply func(*wire.ShimMessage)) error {
	return h.put(name, fd, reply)
}

func (h *Handle) put(name string, from int, reply func(*wire.ShimMessage)) error {
	fd, err := unix.FcntlInt(uintptr(from), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("duplicate %s: %w", name, err)
	}
	h.mu.Lock()
	if old, ok := h.held[name]; ok {
		unix.Close(old)
	}
	h.held[name] = fd
	h.mu.Unlock()
	return h.Call(&wire.ShimMessage{Op: wire.OpPut, Name: name}, reply, fd)
}

// Drop has the shim let go of a named descriptor.
func (h *Handle) Drop(name string) error {
	h.mu.Lock()
	if fd, ok := h.held[name]; ok {
		unix.Close(fd)
		delete(h.held, name)
	}
	h.mu.Unlock()
	return h.Call(&wire.ShimMessage{Op: wire.OpDrop, Name: name}, nil)
}

// Listen receives until the shim is gone, and returns why. exit is called for
// each end of a process, socket when the control socket was made anew.
func (h *Handle) Listen(exit func(slot string, e wire.ShimExit), socket func()) error {
	for {
		m, fds, err := h.link.Recv()
		if err != nil {
			return err
		}
		reply := h.received(m, fds)
		switch m.Op {
		case wire.OpExit:
			for _, e := range m.Exits {
				exit(m.Slot, e)
			}
		case wire.OpSocket:
			socket()
		}
		if reply != nil {
			reply(m)
		}
		// Let the supervisor's loop, which was just given something to do, run
		// on this thread now: the next receive would keep the thread's
		// processor until the scheduler's monitor takes it away.
		runtime.Gosched()
	}
}

// received keeps the mirror and finds who waits for m.
func (h *Handle) received(m *wire.ShimMessage, fds []int) (reply func(*wire.ShimMessage)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m.Op {
	case wire.OpSlot:
		h.note(m, fds)
		fds = nil
	case wire.OpHeld:
		if old, ok := h.held[m.Name]; ok {
			unix.Close(old)
		}
		if len(fds) == 1 {
			h.held[m.Name], fds = fds[0], nil
		}
	case wire.OpSpawned:
		if sl, ok := h.mirror[m.Slot]; ok && m.Error == "" {
			sl.PID, sl.Start, sl.At, sl.Origin = m.PID, m.Start, m.At, nil
		}
	case wire.OpExit:
		if sl, ok := h.mirror[m.Slot]; ok {
			sl.exited(m.Exits)
		}
	case wire.OpLent:
		if len(fds) == 1 && h.pending[m.Seq] != nil {
			h.lent[m.Seq], fds = fds[0], nil
		}
	case wire.OpSocket:
		if len(fds) == 2 {
			closeAll([]int{h.listener, h.lock})
			h.listener, h.lock = fds[0], fds[1]
			fds = nil
		}
	}
	closeAll(fds)
	reply = h.pending[m.Seq]
	delete(h.pending, m.Seq)
	return reply
}

// exited keeps the ends of the slot's process, and the one that a standing order
// has put in its place.
func (sl *adoptedSlot) exited(exits []wire.ShimExit) {
	sl.PID, sl.Start = 0, 0
	for _, e := range exits {
		if next := e.Next; next != nil {
			sl.PID, sl.Start, sl.At = next.PID, next.Start, next.At
			if sl.Order != nil {
				sl.Note = sl.Order.Note
			}
			e.Next = nil // in an inventory it is the slot's process
		}
		sl.Exits = append(sl.Exits, e)
	}
	sl.Order = nil
}

// Stand gives the shim a standing order for a slot's process, or withdraws it.
func (h *Handle) Stand(slot string, pid int, o *wire.Order) error {
	h.mu.Lock()
	if sl, ok := h.mirror[slot]; ok {
		sl.Order = o
	}
	h.mu.Unlock()
	return h.link.Send(&wire.ShimMessage{Op: wire.OpStand, Slot: slot, PID: pid, Order: o})
}

// Open makes a slot with its pipes.
func (h *Handle) Open(slot string, streams []string, reply func(*wire.ShimMessage)) error {
	return h.Call(&wire.ShimMessage{Op: wire.OpOpen, Slot: slot, Streams: streams}, reply)
}

// Adopt makes a slot for a process that neither this shim nor the one before
// started, found alive after both forever processes had died.
func (h *Handle) Adopt(slot string, streams []string, pid int, start uint64, reply func(*wire.ShimMessage)) error {
	return h.Call(&wire.ShimMessage{Op: wire.OpAdopt, Slot: slot, Streams: streams, PID: pid, Start: start}, reply)
}

// Main makes a descendant of a slot's process, of, the slot's process in its
// place. The end of the old one is not told any more, even if it came before.
func (h *Handle) Main(slot string, pid int, start uint64, of wire.Origin, reply func(*wire.ShimMessage)) error {
	return h.Call(&wire.ShimMessage{Op: wire.OpMain, Slot: slot, PID: pid, Start: start, Origin: &of}, reply)
}

// Signal sends to a slot's process, or to its whole group.
func (h *Handle) Signal(slot string, sig syscall.Signal, group bool, reply func(*wire.ShimMessage)) error {
	return h.Call(&wire.ShimMessage{Op: wire.OpSignal, Slot: slot, Signal: int(sig), Group: group}, reply)
}

// Ready tells the shim that this supervisor serves.
func (h *Handle) Ready() error { return h.link.Send(&wire.ShimMessage{Op: wire.OpReady}) }

// Update asks the shim to put the binary exe in charge when this supervisor has ended.
func (h *Handle) Update(exe, request string, reply func(*wire.ShimMessage)) error {
	return h.Call(&wire.ShimMessage{Op: wire.OpUpdate, Exe: exe, Name: request}, reply)
}

// Quit asks the shim to end; reply is called only if it refuses.
func (h *Handle) Quit(reply func(*wire.ShimMessage)) error {
	return h.Call(&wire.ShimMessage{Op: wire.OpQuit}, reply)
}

// Spawn has a slot's process started; without a plan by that of the one before,
// which saves sending it on the way of every restart. The inventory gives note back.
func (h *Handle) Spawn(slot string, p *wire.Plan, note json.RawMessage, reply func(*wire.ShimMessage)) error {
	h.mu.Lock()
	if sl, ok := h.mirror[slot]; ok {
		sl.Note = note
	}
	h.mu.Unlock()
	return h.Call(&wire.ShimMessage{Op: wire.OpSpawn, Slot: slot, Plan: p, Note: note}, reply)
}

// CloseSlot drops an empty slot and its pipes.
func (h *Handle) CloseSlot(slot string) error {
	h.mu.Lock()
	if sl, ok := h.mirror[slot]; ok {
		closeAll(sl.Read)
		delete(h.mirror, slot)
	}
	h.mu.Unlock()
	return h.Call(&wire.ShimMessage{Op: wire.OpClose, Slot: slot}, nil)
}

// BecomeShim makes this process the shim, after the one it had has died: it
// executes itself with all descriptors kept, adopts the instances and starts a
// supervisor. It returns only when that failed.
func (h *Handle) BecomeShim(root string) error {
	h.mu.Lock() // and never unlocked: nothing may change any more
	a := &adoption{
		Root: root, Lock: h.lock, Listener: h.listener, Held: h.held,
	}
	for _, sl := range h.mirror {
		a.Slots = append(a.Slots, *sl)
	}
	return a.exec(selfExe)
}
