package shim

import "golang.org/x/sys/unix"

// isChild tells whether pid is a child of this process.
func isChild(pid int) bool {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err == nil && int(info.Eproc.Ppid) == unix.Getpid()
}
