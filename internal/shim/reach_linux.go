package shim

import (
	"fmt"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/wire"
)

// mostPeeked bounds what one peek reads.
const mostPeeked = 1 << 16

// peek reads a process's memory for the supervisor. With Yama's ptrace_scope 1
// only an ancestor of a process may (Documentation/admin-guide/LSM/Yama.rst of
// the kernel), and the supervisor is none.
func (s *shim) peek(m *wire.ShimMessage) *wire.ShimMessage {
	if m.Size < 1 || m.Size > mostPeeked {
		return done(fmt.Errorf("peek at %d bytes: %w", m.Size, unix.EINVAL))
	}
	data, err := proc.Peek(m.PID, uintptr(m.Addr), m.Size)
	reply := done(err)
	reply.Data = data
	return reply
}

// borrow copies a process's descriptor for the supervisor. It answers itself,
// since the copy is not kept here.
func (s *shim) borrow(m *wire.ShimMessage) {
	fd, err := proc.Borrow(m.PID, m.FD)
	reply := done(err)
	reply.Seq = m.Seq
	if err != nil {
		s.tell(reply)
		return
	}
	reply.Op = wire.OpLent
	s.tell(reply, fd)
	unix.Close(fd)
}
