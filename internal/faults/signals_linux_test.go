package faults

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// A program that is halted hears the stop signal all the same.
func TestStopOfAHaltedProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pid := w.start("halted", []string{"--kill-timeout", "5m"}, "sleep")
	w.start("other", nil, "sleep")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.until("it to halt", func() bool { return statusOf(t, pid, "State") == "T (stopped)" })
	w.must("stop", "halted")
	if exit := w.instance("halted").LastExit; exit == nil || exit.Signal != "SIGTERM" {
		t.Errorf("it ended with %+v, want SIGTERM", exit)
	}
}

// Signals that are blocked for whoever calls forever are not for the programs: these
// would not hear them, nor be stopped by them.
func TestBlockedSignalsAreNotInherited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var err error
	proc.OnThread(func() {
		blocked := unix.Sigset_t{}
		blocked.Val[0] = 1<<(syscall.SIGUSR1-1) | 1<<(syscall.SIGTERM-1)
		if err = unix.PthreadSigmask(unix.SIG_SETMASK, &blocked, nil); err == nil {
			err = w.command("start", "--name", "a", play, "sleep").Run()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if mask := statusOf(t, w.pid("a"), "SigBlk"); strings.Trim(mask, "0") != "" {
		t.Errorf("the program has these signals blocked: %s", mask)
	}
}

// statusOf is an entry of proc_pid_status(5).
func statusOf(t *testing.T, pid int, key string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+key+":\t")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}
