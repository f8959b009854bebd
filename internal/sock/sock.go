// Package sock opens and reaches the control socket of a root, also where the
// root's path is longer than the address of a unix socket may be.
package sock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// Name is the socket's file in the root.
const Name = "forever.sock"

// Path is the socket of root as a user would write it.
func Path(root string) string { return filepath.Join(root, Name) }

// Listen opens the control socket of root, mode 0600. A socket left behind by
// a pair that died is replaced, so only the holder of the root's lock may call
// it; anything else under that name is left alone and is an error. Closing the
// listener, or a copy of it in another process, does not remove the file: the
// last holder calls Remove.
func Listen(root string) (*net.UnixListener, error) {
	if err := Remove(root); err != nil {
		return nil, err
	}
	addr, folder, err := address(root)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: addr, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", Path(root), cause(err))
	}
	ln.SetUnlinkOnClose(false)
	if err := protect(Path(root)); err != nil {
		ln.Close()
		return nil, fmt.Errorf("protect the control socket: %w", err)
	}
	return ln, nil
}

// Remove deletes the socket of root. One that is not there is no error;
// what is not a socket stays and is one.
func Remove(root string) error {
	info, err := os.Lstat(Path(root))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the control socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is not a socket; move it away", Path(root))
	}
	if err := os.Remove(Path(root)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the old control socket: %w", err)
	}
	return nil
}

// Dial connects to the control socket of root. Absent tells whether an error
// means that nobody listens, Busy whether another try may succeed.
func Dial(ctx context.Context, root string) (*net.UnixConn, error) {
	addr, folder, err := address(root)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", addr)
	if err != nil {
		// Windows does not say that there is no such file.
		if _, gone := os.Lstat(Path(root)); errors.Is(gone, fs.ErrNotExist) {
			err = gone
		}
		return nil, fmt.Errorf("connect to %s: %w", Path(root), cause(err))
	}
	return conn.(*net.UnixConn), nil
}

// Absent tells whether err, of Dial, means that nobody listens: there is no
// socket, or it was left behind.
func Absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, refused)
}

// Busy tells whether err, of Dial, means that the listener's queue is full.
func Busy(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// cause takes the address out of a network error: for a long root it is a
// detour through /proc that would tell a user nothing.
func cause(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Err
	}
	return err
}

// none is the folder that is held open for an address that needs none.
type none struct{}

func (none) Close() error { return nil }
