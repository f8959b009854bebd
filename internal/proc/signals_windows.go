package proc

import "syscall"

// Windows has no signals; Go names these so that os/signal can speak of them.
const (
	firstRealTime = 0
	lastSignal    = 15
)

func plainName(sig syscall.Signal) string {
	switch sig {
	case syscall.SIGHUP:
		return "SIGHUP"
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGQUIT:
		return "SIGQUIT"
	case syscall.SIGABRT:
		return "SIGABRT"
	case syscall.SIGKILL:
		return "SIGKILL"
	case syscall.SIGTERM:
		return "SIGTERM"
	}
	return ""
}

func otherNames(string) (syscall.Signal, bool) { return 0, false }
