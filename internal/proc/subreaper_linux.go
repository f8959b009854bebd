package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// SetSubreaper makes this process the new parent of every descendant whose
// parent ends, in the place of PID 1 (PR_SET_CHILD_SUBREAPER, prctl(2)). It
// then has to reap them. Exec keeps it, fork does not. Elsewhere than on Linux
// it does nothing.
func SetSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a subreaper: %w", err)
	}
	return nil
}
