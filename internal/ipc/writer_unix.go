//go:build unix

package ipc

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// writer sends lines without making anybody wait. What the socket does not take
// at once waits here, with a goroutine that lives only as long as it does.
type writer struct {
	conn *net.UnixConn
	raw  syscall.RawConn

	mu     sync.Mutex
	queue  []byte // not yet given to the goroutine
	moving int    // bytes that the goroutine is writing; 0: there is no goroutine
	failed error  // of an earlier write; there will be no other
}

// maxWaiting bounds what waits for a program, in bytes.
const maxWaiting = 2 * MaxMessage

// send writes a line, or keeps it.
func (w *writer) send(line []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch waiting := w.moving + len(w.queue); {
	case w.failed != nil:
		return w.failed
	case waiting+len(line) > maxWaiting:
		return fmt.Errorf("%w: %d bytes wait for it", ErrBusy, waiting)
	case waiting > 0:
		w.queue = append(w.queue, line...)
		return nil
	}
	n, err := w.try(line)
	if err != nil {
		w.failed = disconnected(err)
		return w.failed
	}
	if n < len(line) {
		w.moving = len(line) - n
		go w.move(line[n:])
	}
	return nil
}

// try writes what the socket takes at once.
func (w *writer) try(line []byte) (n int, err error) {
	failed := w.raw.Write(func(fd uintptr) bool {
		for err = unix.EINTR; err == unix.EINTR; {
			n, err = unix.Write(int(fd), line)
		}
		return true
	})
	switch {
	case failed != nil:
		return 0, failed
	case err == unix.EAGAIN:
		return 0, nil
	}
	return n, err
}

// move writes rest and then whatever has been queued meanwhile.
func (w *writer) move(rest []byte) {
	for len(rest) > 0 {
		_, err := w.conn.Write(rest)
		w.mu.Lock()
		rest, w.queue = w.queue, nil
		w.moving = len(rest)
		if err != nil {
			w.failed = disconnected(err)
			rest, w.moving = nil, 0
		}
		w.mu.Unlock()
	}
}

// disconnected gives the end of the other side its name.
func disconnected(err error) error {
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return ErrDisconnected
	}
	return err
}
