package shim

import "golang.org/x/sys/unix"

// A peer that died is an error and no SIGPIPE; what comes is closed at execve
// from the first moment.
const (
	sendFlags = unix.MSG_NOSIGNAL
	recvFlags = unix.MSG_CMSG_CLOEXEC
)
