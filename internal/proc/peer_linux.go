package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

func peerOf(fd int) (uid uint32, pid int, err error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, 0, os.NewSyscallError("getsockopt SO_PEERCRED", err)
	}
	return cred.Uid, int(cred.Pid), nil
}
