package logs

import (
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

func pollable(pipe *os.File) (*os.File, error) { return pipe, nil }

// peekEvery is how often a quiet pipe is looked at: a blocking read of an
// anonymous pipe cannot be interrupted safely.
const peekEvery = 25 * time.Millisecond

// waitReadable returns when there are bytes in the pipe or nobody can write to
// it; false: stopped.
func waitReadable(pipe *os.File, stop <-chan struct{}) bool {
	for {
		select {
		case <-stop:
			return false
		default:
		}
		if readableNow(pipe) {
			return true
		}
		select {
		case <-stop:
			return false
		case <-time.After(peekEvery):
		}
	}
}

// readableNow tells whether a read would not block.
func readableNow(pipe *os.File) bool {
	n, err := peek(pipe)
	return n > 0 || err != nil
}

func interrupt(*os.File) {}

func pendingIn(pipe *os.File) int {
	n, _ := peek(pipe)
	return n
}

var peekNamedPipe = windows.NewLazySystemDLL("kernel32.dll").NewProc("PeekNamedPipe")

// peek returns how many bytes are in the pipe; an error: nobody can write to it.
func peek(pipe *os.File) (int, error) {
	var n uint32
	conn, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peekErr error
	err = conn.Control(func(h uintptr) {
		ok, _, errno := peekNamedPipe.Call(h, 0, 0, 0, uintptr(unsafe.Pointer(&n)), 0)
		if ok == 0 {
			peekErr = errno
		}
	})
	if err == nil {
		err = peekErr
	}
	return int(n), err
}

func openAppend(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}
