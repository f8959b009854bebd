package shim

import (
	"errors"

	"golang.org/x/sys/unix"

	"forever/internal/sock"
)

// guardFiles has the kernel tell us when the lock file or the control socket is
// removed (inotify(7): an inode that loses its name reports IN_ATTRIB). It
// watches the two files, not their folder: state is written there all the time.
func (s *shim) guardFiles() {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return // then only SIGUSR1 tells
	}
	s.mu.Lock()
	s.guard = fd
	s.mu.Unlock()
	go func() {
		buf := make([]byte, 4096)
		for {
			s.mu.Lock()
			s.keepFiles()
			s.mu.Unlock()
			_, err := unix.Read(fd, buf)
			if err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}()
}

// watchFiles watches both files; one that is watched already stays so. s.mu is held.
func (s *shim) watchFiles() {
	if s.guard == 0 {
		return
	}
	for _, path := range []string{lockPath(s.root), sock.Path(s.root)} {
		// One that is not there is made anew, and watched then.
		_, _ = unix.InotifyAddWatch(s.guard, path, unix.IN_ATTRIB|unix.IN_MOVE_SELF)
	}
}
