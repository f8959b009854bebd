//go:build unix

package proc

import "golang.org/x/sys/unix"

// setAndRestoreUmask sets the strictest mask for the moment that it takes.
func setAndRestoreUmask() int {
	mask := unix.Umask(0o777)
	unix.Umask(mask)
	return mask
}
