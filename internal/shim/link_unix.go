//go:build unix

package shim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

// maxMessage bounds a message. The largest is a Plan: execve(2) takes at most a
// quarter of the stack limit (2 MiB as usual) of arguments and environment, and
// JSON may need six bytes for one.
const maxMessage = 64 << 20

// sendSeconds bounds how long a message waits for room in the socket.
const sendSeconds = 10

// Link is one end of the socketpair between supervisor and shim. A message is
// a length (4 bytes, big-endian) and JSON; descriptors travel with its first
// byte. The socket is a blocking one and is read by one thread in recvmsg(2):
// that wakes sooner than a round through Go's netpoller, and a restart makes
// this way twice.
type Link struct {
	fd int

	wmu sync.Mutex

	base   []byte // where buf begins
	buf    []byte // what has been read and not been parsed
	rights []int  // descriptors that came with it
}

// NewLink takes over the socket fd.
func NewLink(fd int) *Link { return &Link{fd: fd} }

// socketpair makes both ends, closed at execve.
func socketpair() (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("make a socketpair: %w", err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		// Room for many messages, so that a reader who is late holds up
		// nobody. The kernel gives what it allows.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20)
		// One that does not read at all must not stop the other for ever.
		_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: sendSeconds})
	}
	return fds[0], fds[1], nil
}

// Send writes m and lends the descriptors to the other side; the caller keeps
// its own. It may be called by several goroutines.
func (l *Link) Send(m *wire.ShimMessage, fds ...int) error {
	m.FDs = len(fds)
	frame, err := encode(m)
	if err != nil {
		return err
	}
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	l.wmu.Lock()
	defer l.wmu.Unlock()
	for len(frame) > 0 {
		n, err := unix.SendmsgN(l.fd, frame, oob, nil, sendFlags)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("send %q: %w", m.Op, err)
		}
		frame, oob = frame[n:], nil
	}
	return nil
}

func encode(m *wire.ShimMessage) ([]byte, error) {
	body, err := wire.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %q: %w", m.Op, err)
	}
	if len(body) > maxMessage {
		return nil, fmt.Errorf("message %q has %d bytes, more than %d", m.Op, len(body), maxMessage)
	}
	frame := make([]byte, 4, 4+len(body))
	binary.BigEndian.PutUint32(frame, uint32(len(body)))
	return append(frame, body...), nil
}

// Recv returns the next message and its descriptors, which are the caller's.
// io.EOF: the other side is gone. Only one goroutine may call it.
func (l *Link) Recv() (*wire.ShimMessage, []int, error) {
	for {
		m, err := l.parse()
		if err != nil {
			return nil, nil, err
		}
		if m != nil {
			fds, err := l.take(m.FDs)
			return m, fds, err
		}
		if err := l.fill(); err != nil {
			return nil, nil, err
		}
	}
}

// parse takes one message out of the buffer; nil: it is not whole yet.
func (l *Link) parse() (*wire.ShimMessage, error) {
	if len(l.buf) < 4 {
		return nil, nil
	}
	size := int(binary.BigEndian.Uint32(l.buf))
	if size > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes was announced, more than %d", size, maxMessage)
	}
	if len(l.buf) < 4+size {
		return nil, nil
	}
	m := new(wire.ShimMessage)
	if err := wire.Unmarshal(l.buf[4:4+size], m); err != nil {
		return nil, fmt.Errorf("decode a message: %w", err)
	}
	l.buf = l.buf[4+size:]
	return m, nil
}

func (l *Link) take(n int) ([]int, error) {
	if n < 0 || n > len(l.rights) {
		return nil, fmt.Errorf("a message announced %d descriptors, %d came", n, len(l.rights))
	}
	fds := l.rights[:n:n]
	l.rights = l.rights[n:]
	return fds, nil
}

// fill reads what there is. An empty buffer is used again from its beginning;
// one that grew for a large message is let go.
func (l *Link) fill() error {
	const chunk = 16 << 10
	if len(l.buf) == 0 {
		if cap(l.base) != chunk {
			l.base = make([]byte, 0, chunk)
		}
		l.buf = l.base
	}
	if cap(l.buf)-len(l.buf) < chunk/2 {
		l.buf = append(make([]byte, 0, 2*cap(l.buf)+chunk), l.buf...)
	}
	var oob [1024]byte // 253 descriptors and a header
	n, oobn, err := l.recvmsg(l.buf[len(l.buf):cap(l.buf)], oob[:])
	if err != nil {
		return err
	}
	if err := l.keepRights(oob[:oobn]); err != nil {
		return err
	}
	if n == 0 {
		return io.EOF
	}
	l.buf = l.buf[:len(l.buf)+n]
	return nil
}

func (l *Link) recvmsg(p, oob []byte) (n, oobn int, err error) {
	for {
		n, oobn, _, _, err = unix.Recvmsg(l.fd, p, oob, recvFlags)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECONNRESET):
			return 0, 0, io.EOF
		case err != nil:
			return 0, 0, fmt.Errorf("receive a message: %w", err)
		default:
			return n, oobn, nil
		}
	}
}

func (l *Link) keepRights(oob []byte) error {
	if len(oob) == 0 {
		return nil
	}
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return fmt.Errorf("parse a control message: %w", err)
	}
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			return fmt.Errorf("parse received descriptors: %w", err)
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
		}
		l.rights = append(l.rights, fds...)
	}
	return nil
}

// Shut ends both directions; a Recv under way returns io.EOF.
func (l *Link) Shut() { _ = unix.Shutdown(l.fd, unix.SHUT_RDWR) }

// Close gives the descriptors back. Nobody may be in Recv.
func (l *Link) Close() {
	closeAll(l.rights)
	unix.Close(l.fd)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
