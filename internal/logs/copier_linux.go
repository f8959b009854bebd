package logs

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// copier writes to files that splice(2) does not know (EINVAL). Bytes leave the
// program's pipe only after they were written, so that a kill loses none; one
// between the two steps doubles a chunk.
type copier struct {
	r, w int
	buf  [32 << 10]byte
}

func newCopier() (*copier, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	return &copier{r: p[0], w: p[1]}, nil
}

// close closes the pipe; nil is allowed.
func (c *copier) close() {
	if c != nil {
		unix.Close(c.r)
		unix.Close(c.w)
	}
}

// copy moves up to n bytes from the pipe to the end of the file.
func (c *copier) copy(pipe int, out *outfile, n int64, null int) (int64, error) {
	m, err := unix.Tee(pipe, c.w, int(min(n, int64(len(c.buf)))), unix.SPLICE_F_NONBLOCK)
	if m <= 0 {
		return 0, err
	}
	got, err := unix.Read(c.r, c.buf[:m])
	if err != nil {
		return 0, err
	}
	done, err := c.write(out, c.buf[:got])
	if done == 0 {
		return 0, err
	}
	return spliceTo(pipe, null, nil, int64(done))
}

func (c *copier) write(out *outfile, b []byte) (done int, err error) {
	for done < len(b) && err == nil {
		var n int
		n, err = unix.Pwrite(out.fd, b[done:], out.end)
		done += max(n, 0)
		out.end += int64(max(n, 0))
	}
	return done, err
}
