//go:build unix

package logs

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pollable returns the pipe as a file that Go's poller waits for, and closes
// the given one.
func pollable(pipe *os.File) (*os.File, error) {
	defer pipe.Close()
	fd, err := duplicate(pipe)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), pipe.Name()), nil
}

// waitReadable returns when a read would not block; false: interrupted.
func waitReadable(pipe *os.File, _ <-chan struct{}) bool {
	conn, err := pipe.SyscallConn()
	return err == nil && conn.Read(readable) == nil
}

// readableNow tells whether a read would not block.
func readableNow(pipe *os.File) (is bool) {
	if conn, err := pipe.SyscallConn(); err == nil {
		conn.Control(func(fd uintptr) { is = readable(fd) })
	}
	return is
}

func readable(fd uintptr) bool {
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, _ := unix.Poll(set, 0)
	return n > 0
}

func interrupt(pipe *os.File) { pipe.SetReadDeadline(time.Unix(1, 0)) }

// pendingIn returns how many bytes are in the pipe.
func pendingIn(pipe *os.File) (n int) {
	conn, err := pipe.SyscallConn()
	if err != nil {
		return 0
	}
	conn.Control(func(fd uintptr) { n = int(pending(int(fd))) })
	return n
}

func openAppend(path string) (*os.File, error) {
	fd, err := openLog(path, unix.O_APPEND)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}
