//go:build unix

package ports

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// listenReused listens with SO_REUSEPORT.
func listenReused(addr string) (int, error) {
	var failed error
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		err := raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err != nil {
			return err
		}
		return failed
	}}
	ln, err := c.Listen(context.Background(), "tcp4", addr)
	if err != nil {
		return 0, err
	}
	kept = append(kept, ln)
	return ln.Addr().(*net.TCPAddr).Port, nil
}
