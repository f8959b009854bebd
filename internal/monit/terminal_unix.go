//go:build unix

package monit

import (
	"os"
	"os/signal"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// caughtSignals are those that the screen hears of, but those that our caller
// had us ignore, as nohup does with SIGHUP. SIGTSTP is not among them: what has
// been caught once Go's runtime does not leave to the kernel again, and stopSelf
// needs the kernel's way of it.
func caughtSignals() []os.Signal {
	return slices.DeleteFunc([]os.Signal{
		unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT,
		unix.SIGWINCH, unix.SIGCONT,
	}, signal.Ignored)
}

// meaning is what a signal means for the screen.
func meaning(sig os.Signal) event {
	switch sig {
	case unix.SIGWINCH:
		return eventResize
	case unix.SIGCONT:
		return eventResume
	}
	return eventEnd
}

// stopSelf stops our process group, as the terminal's driver does on Ctrl-Z, and
// returns when it goes on. The signal is lost on a group that no shell looks
// after (setpgid(2), orphaned process groups): then it returns after a moment.
func stopSelf() {
	const moment = time.Second
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, unix.SIGCONT)
	defer signal.Stop(resumed)
	if unix.Kill(0, unix.SIGTSTP) != nil {
		return
	}
	select {
	case <-resumed:
	case <-time.After(moment):
	}
}

// prepare makes the terminal understand control sequences.
func prepare(*os.File) error { return nil }
