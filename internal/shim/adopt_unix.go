//go:build unix

package shim

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// adoption is what one life of the shim leaves to the next across execve(2):
// everything it holds, with the descriptors' numbers, which stay the same.
type adoption struct {
	Root     string         `json:"root"`
	Lock     int            `json:"lock"`
	Listener int            `json:"listener"`
	Slots    []adoptedSlot  `json:"slots"`
	Held     map[string]int `json:"held,omitempty"`

	// The supervisor and the link to it, where it lives on.
	Supervisor int           `json:"supervisor,omitempty"`
	Link       int           `json:"link,omitempty"`
	Buffered   []byte        `json:"buffered,omitempty"` // read from the link, not parsed yet
	Rights     []int         `json:"rights,omitempty"`
	Update     *updateResult `json:"update,omitempty"`
}

// adoptedSlot is a slot as the inventory tells it, with its pipes.
type adoptedSlot struct {
	wire.ShimMessage
	Read  []int `json:"read"`
	Write []int `json:"write,omitempty"` // none: to be opened from the read ends
}

// exec makes this process the next life of the shim, running exe. It returns
// only when that failed, with everything as before.
func (a *adoption) exec(exe string) error {
	data, err := wire.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode what the shim holds: %w", err)
	}
	f, err := launch.Memory(data)
	if err != nil {
		return err
	}
	defer f.Close()
	fds := append(a.descriptors(), int(f.Fd()))
	inherit(fds, true)
	err = syscall.Exec(exe, []string{"forever", AdoptRole, a.Root, strconv.Itoa(int(f.Fd()))}, os.Environ())
	inherit(fds, false)
	return fmt.Errorf("execute %s: %w", exe, err)
}

func (a *adoption) descriptors() []int {
	fds := []int{a.Lock, a.Listener}
	if a.Link != 0 {
		fds = append(fds, a.Link)
	}
	fds = append(fds, a.Rights...)
	for _, fd := range a.Held {
		fds = append(fds, fd)
	}
	for _, sl := range a.Slots {
		fds = append(append(fds, sl.Read...), sl.Write...)
	}
	return fds
}

// inherit says whether fds stay open across execve(2).
func inherit(fds []int, keep bool) {
	flags := unix.FD_CLOEXEC
	if keep {
		flags = 0
	}
	for _, fd := range fds {
		// F_SETFD fails only for a number that is not open.
		_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
	}
}

// Adopt is the life of a shim that goes on from another one's inventory, which
// is in the file with the descriptor number given.
func Adopt(number string) error {
	fd, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("descriptor of the inventory: %w", err)
	}
	a, err := readAdoption(os.NewFile(uintptr(fd), "inventory"))
	if err != nil {
		return err
	}
	inherit(a.descriptors(), false)
	s := newShim(a.Root, pidfile.LockFromFile(os.NewFile(uintptr(a.Lock), lockPath(a.Root))), a.Listener)
	for key, fd := range a.Held {
		s.held[key] = fd
	}
	s.result = a.Update
	if err := s.adoptSlots(a.Slots); err != nil {
		return err
	}
	if a.Supervisor != 0 {
		l := NewLink(a.Link)
		l.buf, l.rights = a.Buffered, a.Rights
		s.sup = supervisor{pid: a.Supervisor, link: l, ready: true, since: time.Now()}
	}
	return s.live()
}

func readAdoption(f *os.File) (*adoption, error) {
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, maxMessage*4))
	if err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	a := new(adoption)
	if err := wire.Unmarshal(data, a); err != nil {
		return nil, fmt.Errorf("decode the inventory: %w", err)
	}
	return a, nil
}

// adoptSlots takes all slots. Each process is waited for from the moment in
// which it is taken, and may end before the next is.
func (s *shim) adoptSlots(slots []adoptedSlot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range slots {
		if err := s.adoptSlot(&slots[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *shim) adoptSlot(from *adoptedSlot) error {
	if len(from.Read) != len(from.Streams) {
		return fmt.Errorf("slot %s has %d streams and %d pipes", from.Slot, len(from.Streams), len(from.Read))
	}
	sl := &slot{key: from.Slot, plan: from.Plan, note: from.Note, exits: from.Exits}
	for i, name := range from.Streams {
		p := pipe{name: name, read: from.Read[i]}
		if i < len(from.Write) {
			p.write = from.Write[i]
		} else {
			w, err := writeEnd(p.read)
			if err != nil {
				return fmt.Errorf("open the write end of %s %s: %w", from.Slot, name, err)
			}
			p.write = w
		}
		sl.pipes = append(sl.pipes, p)
	}
	s.slots[sl.key] = sl
	if from.PID != 0 {
		s.adoptProcess(sl, from)
	}
	return nil
}

// adoptProcess takes the slot's living process: as our child, where the shim
// executed itself, or by a handle, where it was another shim's child.
func (s *shim) adoptProcess(sl *slot, from *adoptedSlot) {
	sl.pid, sl.start, sl.at, sl.origin = from.PID, from.Start, from.At, from.Origin
	if o := sl.origin; o != nil && isChild(o.PID) {
		s.byPID[o.PID] = sl
	}
	if isChild(sl.pid) {
		s.byPID[sl.pid] = sl
		return
	}
	h, err := proc.Open(sl.pid, sl.start)
	if err != nil {
		// Gone, and nobody can say how.
		s.exited(sl, wire.ShimExit{})
		return
	}
	sl.adopted = h
	s.byPID[sl.pid] = sl
	go s.watchAdopted(sl, h)
}

// adoptLeftover has the slot hold a process that lives although no shim tells
// of it: its own and the supervisor have both died, or its own has died before
// it could tell that it had started it.
func (s *shim) adoptLeftover(m *wire.ShimMessage) (*wire.ShimMessage, []int) {
	sl, known := s.slots[m.Slot]
	switch {
	case !known:
		sl = &slot{key: m.Slot}
	case sl.pid != 0:
		return done(fmt.Errorf("slot %s is taken by PID %d", m.Slot, sl.pid)), nil
	}
	h, err := proc.Open(m.PID, m.Start)
	if err != nil {
		return done(fmt.Errorf("adopt process %d: %w", m.PID, err)), nil
	}
	if !known {
		if err := sl.leftoverPipes(m.PID, m.Streams); err != nil {
			h.Close()
			return done(err), nil
		}
		s.slots[sl.key] = sl
	}
	sl.pid, sl.start, sl.at, sl.adopted, sl.origin = m.PID, m.Start, m.At, h, nil
	s.byPID[sl.pid] = sl
	go s.watchAdopted(sl, h)
	return sl.describe()
}

// leftoverPipes takes the pipes of a process whose readers have died: they live
// as long as it has their write ends, and can be opened again through it.
func (sl *slot) leftoverPipes(pid int, streams []string) error {
	for _, name := range streams {
		p, err := leftoverPipe(pid, name)
		if err != nil {
			p, err = newPipe(name) // it writes elsewhere; the next process will not
		}
		if err != nil {
			sl.closePipes()
			return fmt.Errorf("make the pipes of %s: %w", sl.key, err)
		}
		sl.pipes = append(sl.pipes, p)
	}
	return nil
}

// leftoverPipe opens both ends of the pipe that is a process's stdout or stderr.
func leftoverPipe(pid int, name string) (p pipe, err error) {
	path := fmt.Sprintf("/proc/%d/fd/%d", pid, streamFD(name))
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return p, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return p, &os.PathError{Op: "open", Path: path, Err: unix.ENOTSUP}
	}
	p.name = name
	// Without O_NONBLOCK the open of one end may wait for the other.
	if p.read, err = unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return p, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if p.write, err = writeEnd(p.read); err != nil {
		unix.Close(p.read)
		return p, err
	}
	return p, unix.SetNonblock(p.read, false)
}

func streamFD(name string) int {
	if name == StreamErr {
		return 2
	}
	return 1
}
