package proc

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"
)

func needThreadStates(*testing.T) {}

func TestBusyIsNotSettled(t *testing.T) {
	for _, role := range []string{"spin", "plain/spin", "plain/group/spin"} {
		f := start(t, role)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := settled(ctx, f.main); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want context.DeadlineExceeded", role, err)
		}
	}
}

// A runtime that keeps looking at the clock does not keep a person waiting.
func TestTickingIsSettled(t *testing.T) {
	if name, err := os.ReadFile("/proc/self/wchan"); err != nil || len(name) == 0 {
		t.Skipf("SKIPPED: this kernel does not say what a thread waits for: %q, %v", name, err)
	}
	if err := settled(patience(t), start(t, "tick").main); err != nil {
		t.Error(err)
	}
}

// The monitor of a Go program that ticked at the look before, and has slept often since,
// is not taken for a busy thread when it is met as it runs; any other is.
func TestTickingThreadMetAsItRuns(t *testing.T) {
	before := []ticker{{tid: 8, switches: 100}}
	for _, tt := range []struct {
		monitor  bool
		switches uint64
		want     doing
	}{{true, 100 + settleTicks, ticks}, {true, 99 + settleTicks, busy}, {false, 1000, busy}} {
		if got := stateOf(7, 8, tt.monitor, 'R', tt.switches, before); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	if got := stateOf(7, 9, true, 'R', 1000, before); got != busy {
		t.Errorf("one that did not tick before: %v", got)
	}
}

// What has left the session has a life of its own.
func TestBusyInAnotherSessionIsSettled(t *testing.T) {
	if err := settled(patience(t), start(t, "session/spin").main); err != nil {
		t.Error(err)
	}
}

func TestSessionOf(t *testing.T) {
	f := start(t, "plain/group/sleep.a+session/sleep.b")
	want := f.pids("plain/group/sleep.a+session/sleep.b", "group/sleep.a", "sleep.a")
	byTable := func(pid int) ([]int, error) { return sessionByTable(pid, pid) }
	for name, list := range map[string]func(int) ([]int, error){"children": sessionOf, "table": byTable} {
		got, err := list(f.main.PID)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("by %s: %v, %v, want %v", name, got, err, want)
		}
	}
}

func TestParseStatus(t *testing.T) {
	const good = "Name:\tState:\\n\nState:\tS (sleeping)\nTgid:\t1\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n"
	if state, switches, err := parseStatus([]byte(good)); state != 'S' || switches != 42 || err != nil {
		t.Errorf("%c, %d, %v, want S and 42", state, switches, err)
	}
	for _, bad := range []string{"", good[:40], "\nvoluntary_ctxt_switches:\t4\nnonvoluntary_ctxt_switches:\t2\n"} {
		if state, switches, err := parseStatus([]byte(bad)); err == nil {
			t.Errorf("%q: %c, %d, want an error", bad, state, switches)
		}
	}
}

func TestAsleepIn(t *testing.T) {
	for _, tt := range []struct {
		function string
		first    bool
		want     doing
	}{
		{"", false, rests},
		{"do_epoll_wait", true, rests},
		{"hrtimer_nanosleep", false, ticks},
		{"hrtimer_nanosleep", true, rests},
		{"seccomp_do_user_notification.isra.0", true, busy}, // a compiler's copy of it
		{"seccomp_do_user_notification", false, busy},
	} {
		if got := asleepIn(tt.function, tt.first); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestParseQueued(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1830000 2500000 7\n": 2500 * time.Microsecond, "0 0 0\n": 0, "": 0, "12": 0, "1 x 3": 0,
	} {
		if got := parseQueued([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
