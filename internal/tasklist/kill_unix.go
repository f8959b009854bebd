//go:build unix

package tasklist

import (
	"syscall"

	"forever/internal/proc"
)

// askToEnd sends SIGTERM.
func askToEnd(e proc.Entry) error { return send(e, syscall.SIGTERM) }
