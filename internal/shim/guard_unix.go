//go:build unix

package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/sock"
	"forever/internal/wire"
	"forever/pidfile"
)

// signals: an end that is asked for politely is the supervisor's to organise,
// and SIGUSR1 is how a client that found no socket makes itself heard. SIGHUP
// is caught, not ignored: an ignored signal would be inherited by programs.
func signals(s *shim) {
	c := make(chan os.Signal, 8)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1)
	go func() {
		for sig := range c {
			s.mu.Lock()
			switch sig {
			case syscall.SIGTERM, syscall.SIGINT:
				if s.sup.pid != 0 {
					_ = syscall.Kill(s.sup.pid, syscall.SIGTERM) // our child, not reaped: it is it
				}
			case syscall.SIGUSR1:
				s.keepFiles()
			}
			s.mu.Unlock()
		}
	}()
}

// knock has a shim that holds the root already make its files anew, by SIGUSR1;
// false: there is none. lock is the caller's, or nil; it is closed before, since
// the other one needs it. The error says that the state file may not be read,
// so that no supervisor could either.
func knock(root string, lock *pidfile.Lock) (bool, error) {
	h, err := living(root)
	if h == nil {
		return false, err
	}
	defer h.Close()
	if lock != nil {
		lock.Close()
	}
	_ = h.Signal(syscall.SIGUSR1) // one that has just ended is not found by the next try
	return true, nil
}

// living is the shim that the state file names, if it lives. Where that file is
// gone too, a shim may be found by what else shows of it. nil: there is none.
func living(root string) (*proc.Handle, error) {
	state, err := pidfile.Load(filepath.Join(root, StateFile))
	switch {
	case errors.As(err, new(*pidfile.DamagedError)):
		return nil, nil // the supervisor reads it too, and says so to whoever asks first
	case err != nil:
		return nil, err
	case state.Shim.IsZero():
		return unfiled(root), nil
	case !state.Shim.Alive(): // or of another boot
		return nil, nil
	}
	h, err := proc.Open(state.Shim.PID, state.Shim.Start)
	if err != nil {
		return nil, nil
	}
	return h, nil
}

// remakes bounds how often files that vanish again at once are made anew.
const remakes = 100

// keepFiles returns when the lock file and the control socket are there and,
// where the kernel tells of their end, are watched: one that is removed before
// its watch began tells nobody. s.mu is held.
func (s *shim) keepFiles() {
	for range remakes {
		s.watchFiles()
		if !s.restoreFiles() {
			return
		}
	}
	s.logf("they are removed again and again; the next command will ask for them")
}

// restoreFiles makes the lock file and the control socket anew where somebody
// has removed them: without them the next command would not find us, and
// start a second pair. true: it has made one, or the folder was removed once
// more meanwhile; it is to be called again. s.mu is held.
func (s *shim) restoreFiles() (again bool) {
	if s.quitting {
		return false
	}
	lockGone := !sameFile(lockPath(s.root), int(s.lock.File().Fd()))
	_, err := os.Lstat(sock.Path(s.root))
	socketGone := errors.Is(err, fs.ErrNotExist)
	if !lockGone && !socketGone {
		return false
	}
	s.logf("the lock file or the control socket was removed; making it anew")
	err = s.makeFiles(lockGone, socketGone)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.logf("%v", err)
		return false // one that holds the lock for a moment will knock
	}
	return true
}

func (s *shim) makeFiles(lock, socket bool) error {
	if err := os.MkdirAll(s.root, 0o700); err != nil {
		return fmt.Errorf("make the root folder again: %w", err)
	}
	if lock {
		if err := s.relock(); err != nil {
			return err
		}
	}
	if socket {
		return s.relisten()
	}
	return nil
}

func (s *shim) relock() error {
	lock, err := pidfile.TryLock(lockPath(s.root))
	if err != nil {
		return fmt.Errorf("lock the root again: %w", err)
	}
	s.lock.Close()
	s.lock = lock
	return nil
}

// relisten opens a new socket and hands it to the supervisor, with the lock,
// which may be new too. Who waits in the old one's queue is lost and tries again.
func (s *shim) relisten() error {
	fd, err := listen(s.root)
	if err != nil {
		return fmt.Errorf("open the control socket again: %w", err)
	}
	unix.Close(s.listener)
	s.listener = fd
	s.tell(&wire.ShimMessage{Op: wire.OpSocket}, fd, int(s.lock.File().Fd()))
	return nil
}

// sameFile tells whether path is the open file fd.
func sameFile(path string, fd int) bool {
	var at, of unix.Stat_t
	if unix.Lstat(path, &at) != nil || unix.Fstat(fd, &of) != nil {
		return false
	}
	return at.Dev == of.Dev && at.Ino == of.Ino
}
