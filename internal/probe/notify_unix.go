//go:build unix

package probe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Notify is the socket on which a program says how it is, in the way of
// sd_notify(3). One for each instance makes it plain who is meant, whoever of
// its processes speaks. A socket that waits costs one goroutine and no thread.
type Notify struct {
	conn  *net.UnixConn
	raw   syscall.RawConn
	owed  bool // the datagram looked at last is still in the socket
	trust []uint32
}

// maxDatagram is the longest message, in bytes, as in systemd.
const maxDatagram = 4 << 10

// MostQueued is more than a socket has datagrams waiting in it: its system has
// net.unix.max_dgram_qlen as 10, or 512 where systemd runs (unix(7)). Who has
// read so many has heard all that was said before.
const MostQueued = 1 << 10

// A packet is lent to a Next.
type packet struct {
	data [maxDatagram]byte
	oob  [oobSize]byte
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// ListenNotify opens the socket at path, mode 0600. A socket left behind there
// is replaced, so only one process at a time may call it for a path; anything
// else under that name is left alone and is an error.
//
// A program has to reach the socket by its name. Where path is longer than such
// a name may be, Linux gives it an abstract one (unix(7)); there, path may also
// be one itself, "@NAME", for a program that may not enter the folder.
func ListenNotify(path string) (*Notify, error) {
	addr, err := notifyAddress(path)
	if err != nil {
		return nil, fmt.Errorf("listen for notifications: %w", err)
	}
	named := addr[0] != '@'
	if named {
		if err := RemoveNotify(path); err != nil {
			return nil, err
		}
	}
	config := net.ListenConfig{Control: prepareNotify}
	conn, err := config.ListenPacket(context.Background(), "unixgram", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for notifications: %w", err)
	}
	if named {
		// Until here only the folder's own mode protects it.
		if err := os.Chmod(path, 0o600); err != nil {
			conn.Close()
			return nil, fmt.Errorf("protect a notification socket: %w", err)
		}
	}
	return newNotify(conn)
}

// OpenNotify uses f, a copy of a [Notify]'s socket (see File) that somebody has
// kept. f itself is closed.
func OpenNotify(f *os.File) (*Notify, error) {
	defer f.Close()
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, fmt.Errorf("use a notification socket: %w", err)
	}
	return newNotify(conn)
}

func newNotify(conn net.PacketConn) (*Notify, error) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("use a notification socket: it is a %s socket", conn.LocalAddr().Network())
	}
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("use a notification socket: %w", err)
	}
	return &Notify{conn: c, raw: raw, trust: []uint32{0, uint32(os.Geteuid())}}, nil
}

// RemoveNotify deletes the socket at path. One that is not there is no error;
// what is not a socket stays and is one.
func RemoveNotify(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at a notification socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is not a socket; move it away", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an old notification socket: %w", err)
	}
	return nil
}

// Addr is the socket's name, as it stands in NOTIFY_SOCKET.
func (n *Notify) Addr() string { return n.conn.LocalAddr().String() }

// File returns a copy of the socket for somebody who keeps it; the caller
// closes it.
func (n *Notify) File() (*os.File, error) {
	f, err := n.conn.File()
	if err != nil {
		return nil, fmt.Errorf("copy a notification socket: %w", err)
	}
	return f, nil
}

// Trust lets a user speak beside root and ourselves: the one that the program
// runs as. It is called before the first Next.
func (n *Notify) Trust(uid uint32) { n.trust = append(n.trust, uid) }

// Wait returns when something waits to be read by Next. Only one goroutine at a
// time may call it. The error wraps net.ErrClosed after Close.
func (n *Notify) Wait() error {
	var err error
	failed := n.raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err = unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK)
		return err != unix.EAGAIN
	})
	if err == unix.EINTR {
		err = nil // Next tells
	}
	if err := errors.Join(failed, err); err != nil {
		return fmt.Errorf("wait for a notification: %w", err)
	}
	return nil
}

// Next returns the next message; false: there is none now, or nothing but what is
// passed over: what is no message, is longer than 4 KiB, or comes from another
// user. Descriptors that come along are let go of. (So the pipe of
// sd_notify_barrier(3) is closed when all before it was dealt with.) Only one
// goroutine at a time may call it, beside one in Wait.
//
// A message is taken off the socket by the following call, and not before: a
// supervisor that is killed while it acts on one leaves it to the one that
// comes next. Until then Wait returns at once.
func (n *Notify) Next() (m Message, ok bool) {
	// By Control and not by Read, which would wait for a Wait to end.
	_ = n.raw.Control(func(fd uintptr) { // closed: there is none
		var err error
		for i := 0; i < MostQueued && !ok && (err == nil || err == unix.EINTR); i++ {
			m, ok, err = n.step(int(fd))
		}
	})
	return m, ok
}

// step takes the datagram looked at last off the socket and looks at the next.
func (n *Notify) step(fd int) (m Message, ok bool, err error) {
	p := packets.Get().(*packet)
	defer packets.Put(p)
	if n.owed {
		// One byte is enough: the kernel drops the rest, and any descriptors.
		if _, _, err := unix.Recvfrom(fd, p.data[:1], 0); err != nil {
			n.owed = err == unix.EINTR
			return Message{}, false, err
		}
		n.owed = false
	}
	size, oobn, flags, _, err := unix.Recvmsg(fd, p.data[:], p.oob[:], unix.MSG_PEEK)
	if err != nil {
		return Message{}, false, err
	}
	n.owed = true
	if flags&unix.MSG_TRUNC != 0 {
		return Message{}, false, nil
	}
	m, ok = parseMessage(p.data[:size])
	return m, ok && n.identify(&m, p.oob[:oobn]), nil
}

// Close lets go of the socket and ends a Wait. The name stays,
// for whoever holds a copy; the last holder calls [RemoveNotify].
func (n *Notify) Close() error { return n.conn.Close() }
