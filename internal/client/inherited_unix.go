//go:build unix

package client

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// keepToOurselves marks every descriptor but the first three as closed at
// execve(2). What a shell, a make or a flock left open for us is not for a
// process that lives on: a lock would be held, a pipe never end.
func keepToOurselves() {
	f, err := os.Open(descriptors)
	if err != nil {
		return // without the list they are inherited, as everywhere
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
