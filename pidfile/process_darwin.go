package pidfile

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func bootID() (string, error) {
	// A fresh UUID per boot, since macOS 10.13.
	if id, err := unix.Sysctl("kern.bootsessionuuid"); err == nil && id != "" {
		return id, nil
	}
	tv, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(tv.Sec, 10), nil
}

// zombie is SZOMB of sys/proc.h.
const zombie = 5

// look returns the start time of the process and whether it has ended already
// and only waits to be reaped.
func look(pid int) (start uint64, ended bool, err error) {
	if pid <= 0 {
		return 0, false, os.ErrProcessDone
	}
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	// The kernel answers for a PID that nobody has with success and no bytes,
	// which x/sys reports as EIO.
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.ESRCH) {
		return 0, false, os.ErrProcessDone
	}
	if err != nil {
		return 0, false, os.NewSyscallError("sysctl kern.proc.pid", err)
	}
	t := info.Proc.P_starttime
	return uint64(t.Sec)*1e6 + uint64(t.Usec), info.Proc.P_stat == zombie, nil
}
