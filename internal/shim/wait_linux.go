package shim

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// writeEnd opens a pipe's write end from its read end (pipe(7), proc_pid_fd(5)).
func writeEnd(read int) (int, error) {
	return unix.Open(fmt.Sprintf("/proc/self/fd/%d", read), unix.O_WRONLY|unix.O_CLOEXEC, 0)
}

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
