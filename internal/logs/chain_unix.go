//go:build unix

package logs

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noFollow is for names that nobody else chose: a link there is not ours. A FIFO
// without a reader is an error.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// discard deletes a file. The time that it takes to give back the blocks of a
// big one is spent on a goroutine of its own: with an open file, unlinking only
// takes the name away.
func discard(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == nil {
		defer func() { go unix.Close(fd) }()
	}
	return os.Remove(path)
}

// likeness gives f the mode and, where it may, the owner of the file that it
// follows.
func likeness(f *os.File, of fs.FileInfo) {
	f.Chmod(of.Mode().Perm())
	if st, ok := of.Sys().(*syscall.Stat_t); ok {
		f.Chown(int(st.Uid), int(st.Gid))
	}
}
