//go:build unix

package tasklist

import (
	"syscall"

	"forever/internal/proc"
)

// hard is the signal of /F.
const hard = syscall.SIGKILL

// askToEnd sends SIGTERM.
func askToEnd(e proc.Entry) error {
	h, err := proc.Open(e.PID, e.Start)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Signal(syscall.SIGTERM)
}
