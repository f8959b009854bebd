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
// returns when it goes on. It does nothing where nobody would have it go on.
func stopSelf() {
	job := looksAfter()
	if job == nobody || signal.Ignored(unix.SIGTSTP) {
		return
	}
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, unix.SIGCONT)
	defer signal.Stop(resumed)
	if unix.Kill(0, unix.SIGTSTP) != nil {
		return
	}
	var lost <-chan time.Time
	if job == unclear {
		lost = time.After(time.Second)
	}
	// The stop comes to each of our threads in its time: this one may run on.
	select {
	case <-resumed:
	case <-lost:
	}
}

// keeper is who has stopped jobs go on.
type keeper int

const (
	nobody  keeper = iota // the group is orphaned: the kernel does not stop it (setpgid(2))
	shell                 // our parent
	unclear               // our parent is one of the group: its own parent may
)

func looksAfter() keeper {
	parent := os.Getppid()
	group, err := unix.Getpgid(parent)
	session, err2 := unix.Getsid(parent)
	ours, err3 := unix.Getsid(0)
	switch {
	case err != nil || err2 != nil || err3 != nil || session != ours || parent == 0: // 0: in another PID namespace
		return nobody
	case group == unix.Getpgrp():
		return unclear
	}
	return shell
}

// prepare makes the terminal understand control sequences.
func prepare(*os.File) error { return nil }
