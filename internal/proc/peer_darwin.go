package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

func peerOf(fd int) (uid uint32, pid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, os.NewSyscallError("getsockopt LOCAL_PEERCRED", err)
	}
	pid, err = unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	if err != nil {
		return 0, 0, os.NewSyscallError("getsockopt LOCAL_PEERPID", err)
	}
	return cred.Uid, pid, nil
}
