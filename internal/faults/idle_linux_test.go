package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forever/internal/wire"
)

// With programs that do nothing, forever does nothing: neither process is
// woken. After a burst of work it tidies up once, so the first windows of time
// may show something; who polls is busy in every one.
func TestIdle(t *testing.T) {
	t.Parallel()
	const (
		apps    = 10
		windows = 10
		window  = 3 * time.Second
	)
	w := newWorld(t)
	for i := range apps {
		w.must("start", "--name", fmt.Sprint("sleep", i), "/bin/sleep", "1000")
	}
	p := w.ping()
	woken := w.wakeUps(p, window)
	for range windows {
		if woken == 0 {
			break
		}
		woken = w.wakeUps(p, window)
	}
	if woken > 0 {
		t.Errorf("%d wake-ups in the last of %d times %v with %d idle programs", woken, windows, window, apps)
	}
	// Go's monitor looks about by itself, rarely.
	if long {
		if woken := w.wakeUps(p, time.Minute); woken > 4 {
			t.Errorf("%d wake-ups in a minute", woken)
		}
	}
	if again := w.ping(); again.SupervisorPID != p.SupervisorPID || again.ShimPID != p.ShimPID {
		t.Error("not the same pair at the end")
	}
	w.must("stopall")
	w.pairGone()
}

// wakeUps counts how often both processes are woken within a span of time.
func (w *world) wakeUps(p wire.Ping, span time.Duration) int {
	w.t.Helper()
	before := w.switches(p.SupervisorPID) + w.switches(p.ShimPID)
	measured := time.NewTimer(span)
	<-measured.C
	return w.switches(p.SupervisorPID) + w.switches(p.ShimPID) - before
}

// switches counts how often the threads of a process gave up the processor to
// wait for something: each time but the first they had been woken before.
func (w *world) switches(pid int) (n int) {
	w.t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(paths) == 0 {
		w.t.Fatalf("threads of %d: %v", pid, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
		var count int
		if _, err := fmt.Sscan(rest, &count); !ok || err != nil {
			w.t.Fatalf("%s: %v", path, err)
		}
		n += count
	}
	return n
}

// Commands that look start nothing, and the last app takes the pair with it.
func TestNoAppNoProcess(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"ping"}, {"stopall"}, {"stop", "all"}, {"kill"}, {"describe", "x"}} {
		w.run(args...)
		if left := w.all(); len(left) > 0 {
			t.Fatalf("%v has started %v", args, left)
		}
	}
	w.start("stopped", nil, "sleep")
	w.must("stop", "stopped")
	w.pairGone()
	w.must("start", "--name", "exits", "/bin/sh", "-c", "exit 0")
	w.pairGone()
	w.run("start", "--name", "fails", "--no-autorestart", "/bin/sh", "-c", "exit 1")
	w.pairGone()
	w.run("start", "--name", "nothing", w.file("nothing"))
	w.pairGone()
	w.must("list")
	if left := w.all(); len(left) > 0 {
		t.Fatalf("list has started %v", left)
	}
}
