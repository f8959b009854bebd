//go:build unix

package shim

import (
	"errors"
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
				s.restoreFiles()
			}
			s.mu.Unlock()
		}
	}()
}

// knock sends SIGUSR1 to the living shim that the state file names; false:
// there is none. The error says that the file may not be read, so that no
// supervisor could either.
func knock(root string) (bool, error) {
	state, err := pidfile.Load(filepath.Join(root, StateFile))
	if errors.As(err, new(*pidfile.DamagedError)) {
		return false, nil // the supervisor reads it too, and says so to whoever asks first
	}
	if err != nil || state.Shim.IsZero() {
		return false, err
	}
	h, err := proc.Open(state.Shim.PID, state.Shim.Start)
	if err != nil {
		return false, nil
	}
	defer h.Close()
	if !state.Shim.Alive() { // of another boot
		return false, nil
	}
	return h.Signal(syscall.SIGUSR1) == nil, nil
}

// restoreFiles makes the lock file and the control socket anew where somebody
// has removed them: without them the next command would not find us, and
// start a second pair. true: it has made one. The lock is held.
func (s *shim) restoreFiles() (made bool) {
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
	if err := os.MkdirAll(s.root, 0o700); err != nil {
		s.logf("make the root folder again: %v", err)
		return false
	}
	if lockGone {
		made = s.relock()
	}
	if socketGone {
		made = s.relisten() || made
	}
	return made
}

func (s *shim) relock() (made bool) {
	lock, err := pidfile.TryLock(lockPath(s.root))
	if err != nil {
		s.logf("lock the root again: %v", err)
		return false
	}
	s.lock.Close()
	s.lock = lock
	return true
}

// relisten opens a new socket and hands it to the supervisor, with the lock,
// which may be new too. Who waits in the old one's queue is lost and tries again.
func (s *shim) relisten() (made bool) {
	fd, err := listen(s.root)
	if err != nil {
		s.logf("open the control socket again: %v", err)
		return false
	}
	unix.Close(s.listener)
	s.listener = fd
	s.tell(&wire.ShimMessage{Op: wire.OpSocket}, fd, int(s.lock.File().Fd()))
	return true
}

// sameFile tells whether path is the open file fd.
func sameFile(path string, fd int) bool {
	var at, of unix.Stat_t
	if unix.Lstat(path, &at) != nil || unix.Fstat(fd, &of) != nil {
		return false
	}
	return at.Dev == of.Dev && at.Ino == of.Ino
}
