package shim

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// outputPipe makes a pipe for a program's output.
func outputPipe() (read, write int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		return -1, -1, err
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	return fds[0], fds[1], nil
}

// writeEnd opens a pipe's write end from its read end, through /dev/fd.
func writeEnd(read int) (int, error) {
	return unix.Open(fmt.Sprintf("/dev/fd/%d", read), unix.O_WRONLY|unix.O_CLOEXEC, 0)
}
