//go:build unix

package logs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// O_NONBLOCK keeps a FIFO without a reader from holding up the opener.
const openFlags = unix.O_WRONLY | unix.O_CLOEXEC | unix.O_NONBLOCK

// openLog opens a log file for writing, with further flags. A missing file is
// made, with its folders.
func openLog(path string, flags int) (fd int, err error) {
	flags |= openFlags
	fd, err = openOrMake(path, flags)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return -1, err
		}
		fd, err = openOrMake(path, flags)
	}
	return fd, err
}

func openOrMake(path string, flags int) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, flags|unix.O_CREAT|unix.O_NOFOLLOW, 0o600)
	})
	if err == unix.ELOOP {
		return openLink(path, flags)
	}
	return fd, err
}

// openLink opens what an existing symbolic link points to. The link has to be
// ours or root's (as /dev/stdout): another user's could lead us to write where
// that user cannot. It makes nothing, except what a rotation that was cut short
// has put aside and not made anew.
func openLink(path string, flags int) (int, error) {
	owner, target, err := readLink(path)
	if err != nil {
		return -1, err
	}
	if owner != 0 && owner != os.Geteuid() {
		return -1, errForeignLink
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	fd, err := retry(func() (int, error) { return unix.Open(target, flags, 0) })
	if err == unix.ENOENT && taken(target, 1) {
		return retry(func() (int, error) {
			return unix.Open(target, flags|unix.O_CREAT|unix.O_NOFOLLOW, 0o600)
		})
	}
	return fd, err
}

var errForeignLink = errors.New("it is a symbolic link that belongs to another user")

func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// duplicate returns a new descriptor of an open file, for f to be closed.
func duplicate(f *os.File) (fd int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	outer := conn.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	})
	if outer != nil {
		return -1, outer
	}
	return fd, err
}
