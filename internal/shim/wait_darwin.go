package shim

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// writeEnd opens a pipe's write end from its read end, through /dev/fd.
func writeEnd(read int) (int, error) {
	return unix.Open(fmt.Sprintf("/dev/fd/%d", read), unix.O_WRONLY|unix.O_CLOEXEC, 0)
}

// isChild tells whether pid is a child of this process.
func isChild(pid int) bool {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err == nil && int(info.Eproc.Ppid) == unix.Getpid()
}
