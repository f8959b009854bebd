package shim

import (
	"errors"
	"syscall"
	"time"

	"forever/internal/wire"
)

// done is the answer to an operation that went as err says.
func done(err error) *wire.ShimMessage {
	m := &wire.ShimMessage{Op: wire.OpDone}
	setError(m, err)
	return m
}

// setError puts err, if it is one, into an answer.
func setError(m *wire.ShimMessage, err error) {
	if err == nil {
		return
	}
	m.Error = err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		m.Errno = int(errno)
	}
}

// now is the time as it is told to the supervisor.
func now() time.Time { return time.Now().Round(0) }
