//go:build unix

package proc

import (
	"fmt"
	"net"
)

// PeerUID tells who is at the other end of a unix socket: the effective user
// and the PID at the time of the connect, as the kernel noted them (SO_PEERCRED,
// unix(7); LOCAL_PEERCRED and LOCAL_PEERPID on macOS). The PID is for printing;
// who connected may have ended since.
func PeerUID(conn *net.UnixConn) (uid uint32, pid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the peer of a socket: %w", err)
	}
	var inner error
	err = raw.Control(func(fd uintptr) { uid, pid, inner = peerOf(int(fd)) })
	if err == nil {
		err = inner
	}
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the peer of a socket: %w", err)
	}
	return uid, pid, nil
}
