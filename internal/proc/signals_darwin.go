package proc

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// macOS has no real-time signals.
const (
	firstRealTime = 0
	lastSignal    = 31
)

func plainName(sig syscall.Signal) string { return unix.SignalName(sig) }

// otherNames knows the second names of some signals.
func otherNames(name string) (syscall.Signal, bool) {
	return unix.SIGABRT, name == "SIGIOT"
}
