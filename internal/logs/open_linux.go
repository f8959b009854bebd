package logs

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// readLink returns a symbolic link's owner and target. Both are read through
// one descriptor, so that nobody can put another link in between.
func readLink(path string) (owner int, target string, err error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, "", err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, "", err
	}
	var buf [unix.PathMax]byte
	n, err := unix.Readlinkat(fd, "", buf[:])
	if err != nil {
		return 0, "", fmt.Errorf("read link: %w", err)
	}
	return int(st.Uid), string(buf[:n]), nil
}
