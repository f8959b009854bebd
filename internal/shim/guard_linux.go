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
	go func() {
		buf := make([]byte, 4096)
		for {
			s.keepFiles(fd)
			_, err := unix.Read(fd, buf)
			if err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}()
}

// keepFiles returns when both files are there and are watched: one that is
// removed before the watch began tells nobody.
func (s *shim) keepFiles(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		s.watchFiles(fd)
		if !s.restoreFiles() {
			return
		}
	}
}

// watchFiles watches both files; one that is watched already stays so.
func (s *shim) watchFiles(fd int) {
	for _, path := range []string{lockPath(s.root), sock.Path(s.root)} {
		// One that is not there is seen to when the next client knocks.
		_, _ = unix.InotifyAddWatch(fd, path, unix.IN_ATTRIB|unix.IN_MOVE_SELF)
	}
}
