//go:build unix

package shim

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// slot is the place of one instance: its pipes, which all its processes share
// one after the other, and the process that lives in it now.
type slot struct {
	key   string
	pipes []pipe

	pid     int // 0: none
	start   uint64
	at      time.Time
	adopted *proc.Handle // the process is not our child; nil: it is
	origin  *wire.Origin // what was started here, where another has taken its place; nil: pid
	plan    *wire.Plan   // of its last process
	note    json.RawMessage
	order   *wire.Order // for the case that the process ends by itself; nil: none

	exits []wire.ShimExit // not forgotten yet, oldest first
}

// pipe is one output stream. Both ends stay open here: a process's death gives
// no end of file, and a supervisor's gives no SIGPIPE.
type pipe struct {
	name        string
	read, write int
}

// open makes a slot, or tells of the one that is there already.
func (s *shim) open(key string, streams []string) (*wire.ShimMessage, []int) {
	sl, ok := s.slots[key]
	if !ok {
		sl = &slot{key: key}
		for _, name := range streams {
			p, err := newPipe(name)
			if err != nil {
				sl.closePipes()
				return done(fmt.Errorf("make the pipes of %s: %w", key, err)), nil
			}
			sl.pipes = append(sl.pipes, p)
		}
		s.slots[key] = sl
	}
	return sl.describe()
}

func newPipe(name string) (pipe, error) {
	read, write, err := outputPipe()
	return pipe{name: name, read: read, write: write}, err
}

// describe is the slot as the inventory tells it, with the pipes' read ends.
func (sl *slot) describe() (*wire.ShimMessage, []int) {
	m := &wire.ShimMessage{
		Op: wire.OpSlot, Slot: sl.key, Note: sl.note,
		PID: sl.pid, Start: sl.start, At: sl.at, Exits: sl.exits,
	}
	if sl.pid != 0 {
		m.Origin = sl.origin
	}
	var fds []int
	for _, p := range sl.pipes {
		m.Streams = append(m.Streams, p.name)
		fds = append(fds, p.read)
	}
	return m, fds
}

func (sl *slot) closePipes() {
	for _, p := range sl.pipes {
		unix.Close(p.read)
		unix.Close(p.write)
	}
	sl.pipes = nil
}

// spawn starts the slot's process. A slot has one process at most: this is
// where a second copy would have to get past.
func (s *shim) spawn(key string, p *wire.Plan, note json.RawMessage) *wire.ShimMessage {
	m := &wire.ShimMessage{Op: wire.OpSpawned, Slot: key}
	sl, ok := s.slots[key]
	if ok && p == nil {
		p = sl.plan
	}
	switch {
	case !ok:
		setError(m, fmt.Errorf("there is no slot %s", key))
		return m
	case p == nil:
		setError(m, fmt.Errorf("%s has no plan yet", key))
		return m
	case sl.pid != 0:
		setError(m, fmt.Errorf("%s runs already as PID %d", key, sl.pid))
		return m
	}
	files, err := s.files(sl, p)
	if err != nil {
		setError(m, err)
		return m
	}
	defer unix.Close(int(files[0]))
	at := time.Now() // where the processors are busy the program may run long before we go on
	started, err := launch.Start(p, files, s.own)
	if err != nil {
		setError(m, err)
		return m
	}
	pid := started.PID
	s.keepBinds(key, started)
	m.Warning, m.Unshared = started.Warning, started.Unshared
	// It may have ended already; nobody else reaps while we hold the lock, so
	// that the PID is still its own.
	id, err := pidfile.Identify(pid)
	if err != nil {
		id = pidfile.Process{PID: pid}
	}
	sl.pid, sl.start, sl.at, sl.adopted, sl.origin = pid, id.Start, at, nil, nil
	sl.plan, sl.note = p, note
	s.byPID[pid] = sl
	s.childBorn()
	m.PID, m.Start, m.At = pid, sl.start, sl.at
	return m
}

// keepBinds holds the descriptor of a program's reported binds, and lends it to
// the supervisor. Were nobody to hold it, the program's binds would fail.
func (s *shim) keepBinds(key string, started launch.Started) {
	if started.Binds == 0 {
		return
	}
	name := BindsName(key)
	s.put(name, started.Binds)
	s.tell(&wire.ShimMessage{Op: wire.OpHeld, Name: name}, started.Binds)
}

// files opens what becomes the program's descriptors. The first is the caller's to
// close.
func (s *shim) files(sl *slot, p *wire.Plan) (launch.Files, error) {
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	files := launch.Files{uintptr(null), uintptr(null), uintptr(null)}
	for i, name := range []string{p.Out, p.Err} {
		fd, err := s.stream(sl, name, null)
		if err != nil {
			unix.Close(null)
			return nil, err
		}
		files[i+1] = uintptr(fd)
	}
	names := p.Sockets
	if p.Channel != "" {
		names = append(slices.Clone(names), p.Channel)
	}
	for _, name := range names {
		fd, ok := s.held[name]
		if !ok {
			unix.Close(null)
			return nil, fmt.Errorf("no descriptor %q is held", name)
		}
		files = append(files, uintptr(fd))
	}
	return files, nil
}

func (s *shim) stream(sl *slot, name string, null int) (int, error) {
	if name == "" {
		return null, nil
	}
	if held, ok := strings.CutPrefix(name, "held:"); ok {
		if fd, ok := s.held[held]; ok {
			return fd, nil
		}
		return -1, fmt.Errorf("no descriptor %q is held", held)
	}
	for _, p := range sl.pipes {
		if p.name == name {
			return p.write, nil
		}
	}
	return -1, fmt.Errorf("%s has no stream %q", sl.key, name)
}

func (s *shim) forget(key string, pid int) {
	sl, ok := s.slots[key]
	if !ok {
		return
	}
	for i, e := range sl.exits {
		if e.PID == pid {
			sl.exits = append(sl.exits[:i:i], sl.exits[i+1:]...)
			return
		}
	}
}

// close drops a slot that has no process.
func (s *shim) close(key string) error {
	sl, ok := s.slots[key]
	if !ok {
		return nil
	}
	if sl.pid != 0 {
		return fmt.Errorf("%s still runs as PID %d", key, sl.pid)
	}
	sl.closePipes()
	s.drop(BindsName(key))
	delete(s.slots, key)
	return nil
}
