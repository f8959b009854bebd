//go:build unix

package client

import (
	"net"
	"os"
	"runtime"
	"syscall"
)

// writeWith writes p and passes the descriptors of files along with its first
// byte (SCM_RIGHTS, unix(7)). p is not empty.
func writeWith(conn *net.UnixConn, p []byte, files []*os.File) error {
	n := 0
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = descriptor(f)
		}
		var err error
		n, _, err = conn.WriteMsgUnix(p, syscall.UnixRights(fds...), nil)
		runtime.KeepAlive(files)
		if err != nil {
			return err
		}
	}
	_, err := conn.Write(p[n:])
	return err
}

// descriptor is the number behind f. Fd would switch f to blocking mode, and
// with it whoever shares the terminal or pipe.
func descriptor(f *os.File) int {
	number := -1
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { number = int(fd) })
	}
	return number // of a closed file -1, which sendmsg(2) refuses
}
