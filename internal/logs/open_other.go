//go:build unix && !linux

package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// readLink returns a symbolic link's owner and target.
func readLink(path string) (owner int, target string, err error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0, "", err
	}
	target, err = os.Readlink(path)
	return int(st.Uid), target, err
}

// fionread is FIONREAD of ioctl(2) on the BSDs and macOS: _IOR('f', 127, int).
const fionread = 0x4004667f

// pending returns how many bytes are in a pipe.
func pending(pipe int) int64 {
	n, err := unix.IoctlGetInt(pipe, fionread)
	if err != nil {
		return 0
	}
	return int64(n)
}
