package shim

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// outputPipe makes a pipe for a program's output. Its write end can be read from
// too, which pipe(2) alone does not give but opening it again does (fifo(7), "Under
// Linux"): a program that has it holds a reader, so that it does not die of SIGPIPE
// when both forever processes are killed. What it prints waits in the pipe for
// who adopts it.
func outputPipe() (read, write int, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, err
	}
	both, err := writeEnd(fds[0])
	if err != nil { // without /proc it is as everywhere
		return fds[0], fds[1], nil
	}
	unix.Close(fds[1])
	return fds[0], both, nil
}

// writeEnd opens the write end of a pipe of which we have the read end; see
// outputPipe.
func writeEnd(read int) (int, error) {
	return unix.Open(fmt.Sprintf("/proc/self/fd/%d", read), unix.O_RDWR|unix.O_CLOEXEC, 0)
}
