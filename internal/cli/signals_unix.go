//go:build unix

package cli

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// endSignals stop the apps of a foreground run; otherSignals are passed on.
func endSignals() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
}

func otherSignals() []os.Signal {
	return []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT, syscall.SIGWINCH}
}

// caughtSignals are all of them but those that our caller had us ignore, as
// nohup does with SIGHUP.
func caughtSignals() []os.Signal {
	return slices.DeleteFunc(append(endSignals(), otherSignals()...), signal.Ignored)
}

func endsRun(sig os.Signal) bool { return slices.Contains(endSignals(), sig) }

// stopSignal is what the apps are stopped with: SIGTERM means "end in your own
// way", so it becomes each app's own stop signal.
func stopSignal(sig os.Signal) string {
	if sig == syscall.SIGTERM {
		return ""
	}
	return signalText(sig)
}

// signalText is the name of a signal: SIGINT.
func signalText(sig os.Signal) string {
	n, ok := sig.(syscall.Signal)
	if !ok {
		return ""
	}
	return unix.SignalName(n)
}

// signalCode is the exit code of a death by that signal.
func signalCode(sig os.Signal) int {
	n, ok := sig.(syscall.Signal)
	if !ok {
		return codeFailed
	}
	return 128 + int(n)
}
