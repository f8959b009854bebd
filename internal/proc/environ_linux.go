package proc

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// environReader reads many environments with one buffer.
type environReader struct{ buf []byte }

// read is the block of one environment, NUL after each string; it is good
// until the next read.
func (r *environReader) read(pid int) ([]byte, error) {
	name := "/proc/" + strconv.Itoa(pid) + "/environ"
	fd, err := openat(unix.AT_FDCWD, name, unix.O_RDONLY|unix.O_CLOEXEC)
	if err == unix.ENOENT || err == unix.ESRCH {
		return nil, os.ErrProcessDone
	}
	if err != nil {
		return nil, os.NewSyscallError("open", err)
	}
	defer unix.Close(fd)
	r.buf = r.buf[:0]
	for {
		if len(r.buf) == cap(r.buf) {
			r.grow()
		}
		n, err := unix.Read(fd, r.buf[len(r.buf):cap(r.buf)])
		switch {
		case err == unix.EINTR:
		case err == unix.ESRCH:
			return nil, os.ErrProcessDone
		case err != nil:
			return nil, os.NewSyscallError("read", err)
		case n == 0:
			return r.buf, nil
		default:
			r.buf = r.buf[:len(r.buf)+n]
		}
	}
}

func (r *environReader) grow() {
	bigger := make([]byte, len(r.buf), max(4096, 2*cap(r.buf)))
	copy(bigger, r.buf)
	r.buf = bigger
}
