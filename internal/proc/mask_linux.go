package proc

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Unblocked runs f, which starts a process, with no signal blocked: the process
// would inherit what is (sigprocmask(2)), and its own children from it.
func Unblocked(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var none, was unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &none, &was); err != nil {
		return fmt.Errorf("unblock signals: %w", err)
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &was, nil)
	return f()
}
