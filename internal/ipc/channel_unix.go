//go:build unix

package ipc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Channel is our end of a program's message channel. Send, Disconnect and Close
// may be called at any time and from anywhere; Receive from one goroutine at a
// time. A channel that waits costs that goroutine and no thread.
type Channel struct {
	conn *net.UnixConn
	raw  syscall.RawConn
	in   reader
	out  writer
}

// NewChannel uses f, an end of a [Pair]. f itself is closed; a copy of it that
// another process holds is not affected, and keeps the channel open for the
// program when this one is closed.
func NewChannel(f *os.File) (*Channel, error) {
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("use a message channel: %w", err)
	}
	c, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("use a message channel: it is a %s socket", conn.LocalAddr().Network())
	}
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("use a message channel: %w", err)
	}
	return &Channel{conn: c, raw: raw, in: reader{raw: raw}, out: writer{conn: c, raw: raw}}, nil
}

// Receive waits for the next message of the program and returns it.
//
// It is taken off the channel by the next Receive, and not before: a supervisor
// that is killed while it acts on a message leaves it to the one that follows.
// (Long messages are an exception, from 16 KiB, which do not wait in the socket
// as a whole.) What Node's own library says to a parent is dealt with here.
//
// The error is io.EOF when the program has disconnected or ended, wraps
// net.ErrClosed after Close, and wraps [ErrMalformed] for a line that is no
// message; after that one Receive may be called again.
func (c *Channel) Receive() (json.RawMessage, error) {
	for {
		line, err := c.in.line()
		switch {
		case errors.Is(err, unix.ECONNRESET): // it ended with messages unread
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		case err != nil:
			return nil, fmt.Errorf("receive a message: %w", err)
		}
		msg, internal, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("receive a message: %w", err)
		}
		if !internal {
			return msg, nil
		}
		c.answer(msg)
	}
}

// answer deals with a message of Node's own library. One that a socket was sent
// with has to be answered, since everything after it waits for the answer. The
// socket has not been taken, and saying so makes Node warn whoever sent it.
func (c *Channel) answer(msg json.RawMessage) {
	if command(msg) == "NODE_HANDLE" {
		// An error means that there is nobody to whom it would matter.
		c.out.send([]byte(`{"cmd":"NODE_HANDLE_NACK"}` + "\n"))
	}
}

// Send gives the program a message. It does not wait: nil means that the
// message has been written or follows those that still wait for the program to
// read. The error wraps [ErrUnsendable] (no JSON, too long, or one that Node
// would take for its own: an object whose "cmd" begins with NODE_), [ErrBusy],
// [ErrDisconnected], or net.ErrClosed after Close.
func (c *Channel) Send(msg json.RawMessage) error {
	line, err := frame(msg)
	if err == nil {
		err = c.out.send(line)
	}
	if err != nil {
		return fmt.Errorf("send a message: %w", err)
	}
	return nil
}

// Disconnect ends the channel for everybody who holds a copy of our end, as
// subprocess.disconnect() does: the program gets the event 'disconnect'.
func (c *Channel) Disconnect() error {
	var err error
	if failed := c.raw.Control(func(fd uintptr) { err = unix.Shutdown(int(fd), unix.SHUT_RDWR) }); failed != nil {
		err = failed
	}
	if err != nil && !errors.Is(err, unix.ENOTCONN) { // the program was first
		return fmt.Errorf("disconnect a message channel: %w", err)
	}
	return nil
}

// Close lets go of the channel and ends a Receive that waits. The program sees
// it only when nobody else holds our end; see [Channel.Disconnect].
func (c *Channel) Close() error { return c.conn.Close() }
