package listener

import (
	"net/netip"
	"syscall"
)

// Bind is a bind(2) of a program that waits for an answer.
type Bind struct {
	PID  int // of the calling thread
	FD   int // the program's descriptor
	Addr netip.AddrPort
	V6   bool // the socket is an AF_INET6 one
	// Nonblock and CloseOnExec are the flags of the descriptor.
	Nonblock, CloseOnExec bool
	// Options are what the program set on its socket; nil where it could not
	// be looked at.
	Options *Options
}

// Decision is what becomes of a Bind. The zero Decision lets it go on.
type Decision struct {
	// Socket is a descriptor that is put in place of the program's and closed
	// then; 0: none. It is a bare number, since Go's netpoller would wake us for
	// each connection that comes to an os.File.
	Socket int
	Errno  syscall.Errno // the program gets this error
}
