package faults

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"forever/internal/proc"
	"forever/supervisor"
)

// kinds are the ways in which a child may leave the program that forever knows.
var kinds = []struct {
	name  string
	grow  string
	group bool // only a control group holds it
}{
	{"child", "child:sleep", false},
	{"stubborn child", "child:stubborn", false},
	{"own session", "session:sleep", false},
	{"stubborn in its own session", "session:stubborn", false},
	{"orphan", "orphan:sleep", false},
	{"stubborn orphan", "orphan:stubborn", false},
	{"bare in its own session", "session:sleep:bare", false},
	{"bare orphan", "orphan:sleep:bare", true},
	{"stubborn bare orphan", "orphan:stubborn:bare", true},
}

// When stop returns, nothing of the app is left, whatever it has done to get away.
func TestStopEndsTheWholeTree(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if kind.group {
				w.needGroups()
			}
			w.start("tree", []string{"--kill-timeout", "200"}, "tree", kind.grow)
			w.start("other", nil, "sleep")
			w.expect("tree", 1)
			want := w.without("other")
			if len(want) != 2 {
				t.Fatalf("the tree has %d processes, want 2:\n%s", len(want), w.show())
			}
			w.must("stop", "tree")
			if left := w.without("other"); len(left) > 0 {
				t.Errorf("stop has returned, and these live: %v\n%s", left, w.show())
			}
			if w.pid("other") == 0 {
				t.Error("another app was stopped too")
			}
		})
	}
}

// needGroups continues only where an instance can have a control group.
func (w *world) needGroups() {
	w.t.Helper()
	if proc.FindCgroups(supervisor.GroupsName(w.root)) == nil {
		w.t.Skip("SKIPPED: needs the right to make control groups")
	}
}

// without is every process of the world but forever's own and those of an app.
func (w *world) without(app string) []proc.Entry {
	w.t.Helper()
	main := w.pid(app)
	var rest []proc.Entry
	for _, e := range w.all() {
		if e.SID == main || w.isOurs(e) {
			continue
		}
		rest = append(rest, e)
	}
	return rest
}

// isOurs: a process of forever, which gives its programs no argument like these.
func (w *world) isOurs(e proc.Entry) bool {
	args := argv(e.PID)
	return len(args) > 1 && args[1][:min(2, len(args[1]))] == "__"
}

// A program whose children fork as well is ended whole, also by restart.
func TestRestartEndsABombOfProcesses(t *testing.T) {
	const depth, count = 3, 15 // 2^(depth+1) - 1
	w := newWorld(t)
	first := w.start("bomb", []string{"--kill-timeout", "5s"}, "bomb", fmt.Sprint(depth))
	w.expect("bomb", count)
	old := w.all()
	w.must("restart", "bomb")
	w.expect("bomb", count)
	for _, e := range old {
		if h, err := proc.Open(e.PID, e.Start); err == nil {
			if !h.Exited() && !w.isOurs(e) {
				t.Errorf("%v has survived the restart", e)
			}
			h.Close()
		}
	}
	if second := w.pid("bomb"); second == first {
		t.Errorf("restart has left PID %d", first)
	}
	w.must("stop", "bomb")
	w.pairGone()
	if left := w.all(); len(left) > 0 {
		t.Errorf("left after stop: %v", left)
	}
}

// Apps that only end when all of them were asked to show that a stop of many
// waits for none before it asks the next.
func TestStopsRunSideBySide(t *testing.T) {
	const apps = 10
	w := newWorld(t)
	ask := w.listen()
	for i := range apps {
		w.start(fmt.Sprintf("polite%d", i), []string{"--kill-timeout", "60s"}, "polite", ask.Addr().String())
	}
	w.expect("polite", apps)
	stopped := w.background("stopall")
	var conns []net.Conn
	for range apps {
		conns = append(conns, w.accept(ask))
	}
	for _, c := range conns {
		c.Close()
	}
	if a := <-stopped; a.code != 0 {
		t.Error(a)
	}
	w.pairGone()
}

// listen opens a socket at which polite programs ask.
func (w *world) listen() *net.UnixListener {
	w.t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(w.dir, "ask")})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { ln.Close() })
	return ln
}

// accept takes the question of one polite program, which ends when the
// connection is closed.
func (w *world) accept(ln *net.UnixListener) net.Conn {
	w.t.Helper()
	if err := ln.SetDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	conn, err := ln.Accept()
	if err != nil {
		w.t.Fatalf("no program asks to end: %v", err)
	}
	w.t.Cleanup(func() { conn.Close() })
	return conn
}

// background runs a command beside the test, which has to take its answer.
func (w *world) background(args ...string) <-chan answer {
	cmd := w.command(args...)
	done := make(chan answer, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		out, _ := cmd.CombinedOutput() // how it ended is in its state
		a := answer{args: args, out: string(out), code: -1}
		if cmd.ProcessState != nil {
			a.code = cmd.ProcessState.ExitCode()
		}
		done <- a
	}()
	w.t.Cleanup(func() { <-ended })
	return done
}
