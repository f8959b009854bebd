package shim

import "golang.org/x/sys/unix"

// isChild tells whether pid is a child of this process, ended or not. Nothing
// is reaped.
func isChild(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err == nil
		}
	}
}
