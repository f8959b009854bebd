//go:build unix

package ipc

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A buffer is lent to a reader that has something to read. One that waits has
// none, so that a silent program costs no memory.
type buffer [16 << 10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// reader cuts what arrives into lines.
type reader struct {
	raw  syscall.RawConn
	owed int    // bytes of the line returned last that are still in the socket
	part []byte // the beginning of a line, which is no longer in the socket
	long bool   // that line is too long: part is empty and stays so until its end
}

// line waits for the next line and returns it without its end.
func (r *reader) line() (line []byte, err error) {
	for done := false; !done && err == nil; {
		failed := r.raw.Read(func(fd uintptr) bool {
			line, done, err = r.step(int(fd))
			return done || err != unix.EAGAIN
		})
		if failed != nil {
			err = failed
		}
	}
	return line, err
}

// step takes the line returned last off the socket and looks at what follows.
// A line that is all there stays in the socket and is owed; of one that is not,
// the beginning is taken, so that the rest can arrive. The error is EAGAIN when
// there is nothing more to look at.
func (r *reader) step(fd int) (line []byte, done bool, err error) {
	lent := buffers.Get().(*buffer)
	defer buffers.Put(lent)
	if err := r.settle(fd, lent[:]); err != nil {
		return nil, false, err
	}
	n, err := receive(fd, lent[:], unix.MSG_PEEK)
	switch {
	case err != nil:
		return nil, false, err
	case n == 0:
		return nil, false, io.EOF
	}
	end := bytes.IndexByte(lent[:n], '\n')
	if end < 0 {
		r.owed = n
		r.keep(lent[:n])
		return nil, false, nil
	}
	r.owed = end + 1
	line, err = r.finish(lent[:end])
	return line, true, err
}

// settle takes off the socket what is owed.
func (r *reader) settle(fd int, buf []byte) error {
	for r.owed > 0 {
		n, err := receive(fd, buf[:min(r.owed, len(buf))], 0)
		if err != nil {
			return err
		}
		r.owed -= n
		if n == 0 {
			return io.EOF
		}
	}
	return nil
}

// keep remembers the beginning of a line, unless that is too long for one.
func (r *reader) keep(b []byte) {
	r.long = r.long || len(r.part)+len(b) > MaxMessage
	if r.long {
		r.part = nil
		return
	}
	r.part = append(r.part, b...)
}

// finish makes a line of what was remembered and its end, b.
func (r *reader) finish(b []byte) ([]byte, error) {
	r.keep(b)
	line, long := r.part, r.long
	r.part, r.long = nil, false
	if long {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrMalformed, MaxMessage)
	}
	return line, nil
}

// receive is recv(2). Descriptors that were sent along are let go of by the
// kernel, since there is no room for them.
func receive(fd int, buf []byte, flags int) (int, error) {
	for {
		n, _, err := unix.Recvfrom(fd, buf, flags)
		if err != unix.EINTR {
			return n, err
		}
	}
}
