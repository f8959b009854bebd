package shim

import (
	"errors"

	"forever/internal/wire"
)

// peek and borrow serve the reports of system calls, which only Linux has.
func (s *shim) peek(*wire.ShimMessage) *wire.ShimMessage { return done(errors.ErrUnsupported) }

func (s *shim) borrow(m *wire.ShimMessage) {
	reply := done(errors.ErrUnsupported)
	reply.Seq = m.Seq
	s.tell(reply)
}
