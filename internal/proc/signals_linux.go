package proc

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// The kernel has real-time signals from 32 on; the C libraries keep the first
// two for their threads, and SIGRTMIN, as kill(1), bash and systemd count, is
// 34 (signal(7)).
const (
	firstRealTime = 34
	lastSignal    = 64
)

func plainName(sig syscall.Signal) string { return unix.SignalName(sig) }

// otherNames knows the second names of some signals.
func otherNames(name string) (syscall.Signal, bool) {
	switch name {
	case "SIGIOT":
		return unix.SIGABRT, true
	case "SIGPOLL":
		return unix.SIGIO, true
	case "SIGCLD":
		return unix.SIGCHLD, true
	}
	return 0, false
}
