//go:build unix

package shim

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/limits"
	"forever/internal/proc"
	"forever/internal/sock"
	"forever/internal/weight"
	"forever/internal/wire"
	"forever/pidfile"
)

// shim holds. One lock guards everything: what it does is short, and a signal
// must never meet a PID that is being reaped.
type shim struct {
	root     string
	own      []limits.Limit
	lock     *pidfile.Lock
	listener int // the control socket; it stays open and is only lent
	guard    int // tells when one of the root's files is removed; 0: nothing does

	mu       sync.Mutex
	slots    map[string]*slot
	byPID    map[int]*slot  // also of those children whose place another has taken
	held     map[string]int // named descriptors
	sup      supervisor
	update   *update       // under way
	result   *updateResult // of the last one
	quitting bool
	done     chan struct{}
	born     chan struct{} // a child was started
	trim     weight.Trimmer
}

// Run is the life of a shim that begins with nothing. ready, if not nil, is
// told when the control socket listens ("ok"), that another pair holds the
// root ("locked"), or why it cannot be ("error: …"), and closed.
func Run(root string, ready *os.File) error {
	s, err := begin(root)
	if ready != nil {
		fmt.Fprintln(ready, beginning(err))
		ready.Close()
	}
	if err != nil {
		return err
	}
	return s.live()
}

func beginning(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, pidfile.ErrLocked):
		return "locked"
	default:
		return "error: " + err.Error()
	}
}

// begin takes the root: its lock first, then the control socket. A shim that
// holds the root already is told that somebody found no way to it.
func begin(root string) (*shim, error) {
	lock, err := pidfile.TryLock(lockPath(root))
	if errors.Is(err, pidfile.ErrLocked) {
		_, _ = knock(root, nil) // whoever it is has the lock
	}
	if err != nil {
		return nil, err
	}
	knocked, err := knock(root, lock)
	if knocked {
		// It was the file that had been removed, not the holder.
		err = fmt.Errorf("%s: %w", lockPath(root), pidfile.ErrLocked)
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	ln, err := listen(root)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return newShim(root, lock, ln), nil
}

func newShim(root string, lock *pidfile.Lock, ln int) *shim {
	return &shim{
		root: root, lock: lock, listener: ln,
		own:   limits.Caller(),
		slots: map[string]*slot{},
		byPID: map[int]*slot{},
		held:  map[string]int{},
		done:  make(chan struct{}),
		born:  make(chan struct{}, 1),
	}
}

// listen opens the control socket and keeps only its descriptor: connections
// are accepted by the supervisor. A bare one, since Go's netpoller would wake
// us for each.
func listen(root string) (int, error) {
	ln, err := sock.Listen(root)
	if err != nil {
		return -1, err
	}
	defer ln.Close()
	raw, err := ln.SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("keep the control socket: %w", err)
	}
	var fd int
	var dupErr error
	err = raw.Control(func(from uintptr) { fd, dupErr = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, dupErr); err != nil {
		return -1, fmt.Errorf("keep the control socket: %w", err)
	}
	return fd, nil
}

// live holds until the supervisor says that nothing is left to hold.
func (s *shim) live() error {
	weight.Bound()
	s.trim.Worked()
	if err := proc.SetSubreaper(); err != nil {
		return fmt.Errorf("become the reaper of orphans: %w", err)
	}
	// Where a folder is not there any more the shim must not keep it busy.
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("leave the folder: %w", err)
	}
	signals(s)
	s.mu.Lock()
	if s.sup.pid == 0 {
		s.startSupervisor()
	} else {
		go s.serve(s.sup.link)
	}
	s.mu.Unlock()
	go s.reap()
	s.guardFiles()
	<-s.done
	return nil
}

// serve does what one supervisor asks until its end of the link is closed.
func (s *shim) serve(l *Link) {
	for {
		m, fds, err := l.Recv()
		if err != nil {
			s.hungUp(l, err)
			return
		}
		s.mu.Lock()
		s.trim.Worked()
		if s.sup.link == l {
			reply, lent := s.do(m, fds)
			if reply != nil {
				reply.Seq = m.Seq
				s.tell(reply, lent...)
			}
		} else {
			// The last words of a supervisor that has been reaped: the next one
			// has its inventory already, and must not be surprised.
			closeAll(fds)
		}
		s.mu.Unlock()
	}
}

// do carries out one operation. It owns fds; lent stays the shim's.
func (s *shim) do(m *wire.ShimMessage, fds []int) (reply *wire.ShimMessage, lent []int) {
	if m.Op == wire.OpPut && len(fds) == 1 {
		s.put(m.Name, fds[0])
		return done(nil), nil
	}
	closeAll(fds)
	switch m.Op {
	case wire.OpOpen:
		return s.open(m.Slot, m.Streams)
	case wire.OpAdopt:
		return s.adoptLeftover(m)
	case wire.OpMain:
		return s.handOver(m)
	case wire.OpSpawn:
		return s.spawn(m.Slot, m.Plan, m.Note), nil
	case wire.OpStand:
		s.stand(m.Slot, m.PID, m.Order)
		return nil, nil
	case wire.OpSignal:
		return done(s.signal(m.Slot, m.Signal, m.Group)), nil
	case wire.OpForget:
		s.forget(m.Slot, m.PID)
		return nil, nil
	case wire.OpClose:
		return done(s.close(m.Slot)), nil
	case wire.OpDrop:
		s.drop(m.Name)
		return done(nil), nil
	case wire.OpReady:
		s.supervisorReady()
		return nil, nil
	case wire.OpUpdate:
		return done(s.beginUpdate(m.Exe, m.Name)), nil
	case wire.OpPeek:
		return s.peek(m), nil
	case wire.OpBorrow:
		s.borrow(m)
		return nil, nil
	case wire.OpQuit:
		return s.quit(), nil
	}
	return done(fmt.Errorf("the shim (version %d) does not know %q", wire.ShimVersion, m.Op)), nil
}

// tell sends m to the supervisor, if there is one. One that died meanwhile
// leaves nothing to do here: the next gets the whole inventory.
func (s *shim) tell(m *wire.ShimMessage, fds ...int) {
	if s.sup.link == nil {
		return
	}
	err := s.sup.link.Send(m, fds...)
	if err != nil && !errors.Is(err, unix.EPIPE) && s.sup.pid != 0 {
		// It hangs, and half a message may be on its way: only another can go on.
		s.logf("the supervisor does not listen (%v); replacing it", err)
		_ = syscall.Kill(s.sup.pid, syscall.SIGKILL) // our child, not reaped: it is it
	}
}

// put keeps fd under name, in place of an older one.
func (s *shim) put(name string, fd int) {
	s.drop(name)
	s.held[name] = fd
}

func (s *shim) drop(name string) {
	if fd, ok := s.held[name]; ok {
		unix.Close(fd)
		delete(s.held, name)
	}
}

// quit ends the shim if nothing runs; nil: it does. Who connects from now on
// finds no socket and starts a new pair, which gets the lock when we are gone.
func (s *shim) quit() *wire.ShimMessage {
	if s.quitting {
		return nil
	}
	for key, sl := range s.slots {
		if sl.pid != 0 {
			return done(fmt.Errorf("%s still runs as PID %d", key, sl.pid))
		}
	}
	s.quitting = true
	// A socket that is somebody else's by now, or gone, is no concern of ours.
	_ = sock.Remove(s.root)
	s.lock.Close()
	close(s.done)
	return nil
}
