package proc

import (
	"net"
	"os"
)

// PeerUID tells who is at the other end of a unix socket. Windows does not say;
// the folder's access list is the guard there. The answer is this user, as
// os.Geteuid names it, and no PID.
func PeerUID(*net.UnixConn) (uid uint32, pid int, err error) {
	return uint32(os.Geteuid()), 0, nil
}
