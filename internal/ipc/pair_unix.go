//go:build unix

package ipc

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Pair makes the two ends of a channel. Neither is inherited by a program that
// is not given it on purpose. The caller closes theirs as soon as the program
// has it: the channel ends when the last copy of an end is closed.
func Pair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock() // for systems that cannot set the flag at once
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a message channel: %w", os.NewSyscallError("socketpair", err))
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return os.NewFile(uintptr(fds[0]), "channel"), os.NewFile(uintptr(fds[1]), "channel of the program"), nil
}
