package logs

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// scratch is a pipe and a buffer, through which the loop reads what is in other
// pipes. Bytes leave a program's pipe only after they were written, so that a
// kill loses none; one between the two steps doubles a chunk.
type scratch struct {
	r, w int
	buf  [64 << 10]byte
}

func newScratch() (*scratch, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	return &scratch{r: p[0], w: p[1]}, nil
}

// close closes the pipe; nil is allowed.
func (s *scratch) close() {
	if s != nil {
		unix.Close(s.r)
		unix.Close(s.w)
	}
}

// peek returns the first bytes of a pipe, at most n, and leaves them there.
// EAGAIN: there are none now; none without an error: nor will there be any.
// The result is valid until the next call.
func (s *scratch) peek(pipe int, n int64) ([]byte, error) {
	n = min(n, int64(len(s.buf)))
	m, err := unix.Tee(pipe, s.w, int(n), unix.SPLICE_F_NONBLOCK)
	for err == unix.EINTR {
		m, err = unix.Tee(pipe, s.w, int(n), unix.SPLICE_F_NONBLOCK)
	}
	if m <= 0 || err != nil {
		return nil, err
	}
	for done := 0; done < int(m); {
		got, err := unix.Read(s.r, s.buf[done:m])
		if err != nil && err != unix.EINTR {
			return nil, err
		}
		done += max(got, 0)
	}
	return s.buf[:m], nil
}

// borrow returns the loop's scratch.
func (e *engine) borrow() (*scratch, error) {
	if e.scratch == nil {
		s, err := newScratch()
		if err != nil {
			return nil, err
		}
		e.scratch = s
	}
	return e.scratch, nil
}

// peek reads up to n bytes that are in the pipe of f and stay there; they are the
// loop's until the next peek.
func (e *engine) peek(f *feed, n int64) ([]byte, error) {
	s, err := e.borrow()
	if err != nil {
		return nil, err
	}
	return s.peek(f.pipe, n)
}

// copy moves up to n bytes from the pipe of f to the end of its file, where
// splice(2) is not to be had or not to be used.
func (e *engine) copy(f *feed, n int64) (int64, error) {
	b, err := e.peek(f, n)
	if len(b) == 0 {
		return 0, err
	}
	f.flight = int64(len(b))
	done, err := e.writeOut(f, b)
	early := f.landed()
	if lost := early - int64(done); lost > 0 {
		f.lost.Add(uint64(lost))
	}
	if rest := int64(done) - early; rest > 0 {
		if e.discard(f, int(rest)) == nil {
			f.took(rest)
		}
	}
	if done == 0 {
		return early, err
	}
	return int64(done), nil
}

// writeOut writes b at the end of the file of f.
func (e *engine) writeOut(f *feed, b []byte) (done int, err error) {
	out := f.out
	e.errand(f, func() { done, err = out.write(b) })
	return done, err
}

// write writes b at the end of the file.
func (o *outfile) write(b []byte) (done int, err error) {
	for done < len(b) && err == nil {
		var n int
		n, err = unix.Pwrite(o.fd, b[done:], o.end)
		done += max(n, 0)
		o.end += int64(max(n, 0))
	}
	return done, err
}
