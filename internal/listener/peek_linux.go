package listener

import (
	"errors"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// refused: the kernel does not let us look.
func refused(err error) bool { return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) }

// peek is proc.Peek, by whoever may.
func (a *Answerer) peek(pid int, from uintptr, size int) ([]byte, error) {
	data, err := proc.Peek(pid, from, size)
	if !refused(err) || a.Peer == nil {
		return data, err
	}
	return a.Peer.Peek(pid, from, size)
}

// borrow is proc.Borrow, by whoever may.
func (a *Answerer) borrow(pid, fd int) (int, error) {
	n, err := proc.Borrow(pid, fd)
	if !refused(err) || a.Peer == nil {
		return n, err
	}
	return a.Peer.Borrow(pid, fd)
}
