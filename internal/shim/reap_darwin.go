package shim

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

var sigchld = sync.OnceValue(func() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGCHLD)
	return c
})

// waitForChild returns when a child may have ended, and leaves it to be reaped
// under the lock: until then its PID cannot be used again.
func waitForChild() bool {
	<-sigchld()
	return true
}

// orphans: Darwin has no subreaper, and keeps no such list.
func orphans() ([]int, error) { return nil, errors.ErrUnsupported }
