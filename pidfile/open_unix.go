//go:build unix

package pidfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// noFollow are the flags of open(2) that openRegular adds.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// syncDir makes the names in a folder survive a power failure.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil // this file system knows no such thing
	}
	return err
}
