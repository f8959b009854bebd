package listener

import "syscall"

// Bind is a bind(2) of a program that waits for an answer.
type Bind struct {
	PID int // of the calling thread
	FD  int // the program's descriptor
	Address
	Raw []byte // the address as the program has it
	// Nonblock and CloseOnExec are the flags of the descriptor.
	Nonblock, CloseOnExec bool
	// Options are what the program set on its socket; nil where it could not
	// be looked at.
	Options *Options
	// Alone: it did not ask to share the address with other sockets (SO_REUSEPORT);
	// Joins: it did. Neither: its socket could not be looked at, or was answered for
	// by half already.
	Alone, Joins bool
}

// Decision is what becomes of a Bind. The zero Decision lets it go on.
type Decision struct {
	// Socket is a descriptor that is put in place of the program's and closed
	// then; 0: none. It is a bare number, since Go's netpoller would wake us for
	// each connection that comes to an os.File.
	Socket int
	Errno  syscall.Errno // the program gets this error
	// Common: other programs have the same open file, and are not to block where
	// they do not expect it.
	Common bool
}

// Peer reaches into programs where this process may not (ptrace(2), "Ptrace
// access mode checking"; with Yama's ptrace_scope 1 only ancestors may).
type Peer interface {
	// Peek reads size bytes of a process's memory.
	Peek(pid int, from uintptr, size int) ([]byte, error)
	// Borrow returns a copy of a process's descriptor, the caller's to close.
	Borrow(pid, fd int) (int, error)
}

// Answerer answers the binds of programs.
type Answerer struct {
	// Decide says what becomes of a bind.
	Decide func(*Bind) Decision
	// Keeps tells whether a file stays that a program removes; the program gets the
	// answer that it is gone. nil: none does.
	Keeps func(*Removal) bool
	// Unreadable is told, if not nil, why a bind could not be looked at; it
	// then goes on as if there were no filter.
	Unreadable func(error)
	// Peer helps where this process may not look itself; nil: nobody does.
	Peer Peer
	// Pending has what is received and not answered yet survive this process;
	// nil: then such a bind waits until its program is killed.
	Pending *Pending

	again  bool              // what is answered may have been answered by half, by a process before us
	v6Only map[string][]byte // what programs have set IPV6_V6ONLY to, by the socket's inode
}
