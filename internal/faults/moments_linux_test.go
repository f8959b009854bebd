package faults

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// victims are what may die, all of it at one moment.
var victims = []string{"supervisor", "shim", "both"}

// eachVictim runs a story once for each victim, with a pair that is up already.
// strike kills the one that was there at the beginning.
func eachVictim(t *testing.T, story func(w *world, strike func())) {
	for _, victim := range victims {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.victim = victim
			w.start("other", nil, "sleep")
			w.expect("sleep", 1)
			other := w.hold(w.pid("other"))
			p := w.ping()
			story(w, func() { w.strike(victim, p) })
			if other.Exited() {
				t.Error("another app has died with forever")
			}
			w.heal()
			w.consistent()
		})
	}
}

// heal is a command that changes something: with both dead only such a one finds
// what they have left.
func (w *world) heal() {
	w.t.Helper()
	w.must("start", "--force", "--name", "healer", "/bin/sleep", "100000")
}

// written waits until the state file has an app in a state.
func (w *world) written(name, status string) {
	w.t.Helper()
	f := newFollower(w.t, w.root, unix.IN_MOVED_TO)
	for {
		state, err := pidfile.Load(w.file("state.json"))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, a := range state.Apps {
			if a.Name == name && a.Instances[0].Status == status {
				return
			}
		}
		f.next()
	}
}

// strike kills; of both neither sees the other die.
func (w *world) strike(victim string, p wire.Ping) {
	w.t.Helper()
	switch victim {
	case "supervisor":
		w.kill(p.SupervisorPID)
	case "shim":
		w.kill(p.ShimPID)
	default:
		w.killBoth(p)
	}
}

// consistent checks, when all is quiet, that each instance has exactly the
// process that the list shows, and no app a second one.
func (w *world) consistent() {
	w.t.Helper()
	apps := w.apps()
	heads := w.heads()
	for _, a := range apps {
		for _, in := range a.Instances {
			key := fmt.Sprintf("%s:%d", a.UID, in.Index)
			var want []int
			if in.PID != 0 {
				want = []int{in.PID}
			}
			if got := heads[key]; !slices.Equal(got, want) {
				w.t.Errorf("%s is %s with PID %d, and there are the processes %v\n%s", a.Name, in.Status, in.PID, got, w.show())
			}
			delete(heads, key)
		}
	}
	if len(heads) > 0 {
		w.t.Errorf("processes of no app: %v\n%s", heads, w.show())
	}
}

// heads are the first processes of all instances, by UID:INDEX: each leads a
// session of its own.
func (w *world) heads() map[string][]int {
	w.t.Helper()
	table, err := proc.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	heads := map[string][]int{}
	for _, m := range proc.Marked(table, []string{rootEnv + "=" + w.root}) {
		if uid := m.Env["FOREVER_UID"]; uid != "" && m.PID == m.SID {
			key := uid + ":" + m.Env["FOREVER_INSTANCE"]
			heads[key] = append(heads[key], m.PID)
		}
	}
	return heads
}

func TestDeathInTheMiddleOfAStart(t *testing.T) {
	eachVictim(t, func(w *world, strike func()) {
		started := w.background("start", "--name", "app", play, "sleep")
		pid := w.expect("sleep", 1)[0]
		strike()
		if a := <-started; a.code != 0 {
			w.t.Error(a)
		}
		w.heal()
		if got := w.pid("app"); got != pid {
			w.t.Errorf("PID %d, want %d, which lives", got, pid)
		}
	})
}

// The program kills its parent before anything else, so that the shim may have
// died before it could tell that it has started it.
func TestShimDiesOfTheProgramItStarts(t *testing.T) {
	t.Parallel()
	rounds := 8
	if long {
		rounds = 100
	}
	w := newWorld(t)
	w.start("other", nil, "sleep")
	script := filepath.Join(w.dir, "assassin.sh")
	text := "#!/bin/sh\nmkdir \"$1\" 2>/dev/null && kill -9 $PPID\nexec sleep 1000\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range rounds {
		name := fmt.Sprintf("app%d", i)
		w.must("start", "--name", name, script, filepath.Join(w.dir, name))
		w.consistent()
		if t.Failed() {
			return
		}
	}
}

func TestDeathInTheMiddleOfAStop(t *testing.T) {
	eachVictim(t, func(w *world, strike func()) {
		ask := w.listen()
		w.start("app", []string{"--kill-timeout", "60s"}, "polite", ask.Addr().String())
		w.expect("polite", 1)
		process := w.hold(w.pid("app"))
		stopped := w.background("stop", "app")
		conn := w.accept(ask)
		strike()
		conn.Close()
		if a := <-stopped; a.code != 0 {
			w.t.Error(a)
		}
		if !process.Exited() {
			w.t.Error("stop has returned, and the process lives")
		}
		if in := w.instance("app"); in.Status != wire.Stopped || in.PID != 0 {
			w.t.Errorf("%s with PID %d, want stopped", in.Status, in.PID)
		}
	})
}

// SIGKILL comes, and only then, although who counted the time is dead.
func TestDeathWhileAStopWaitsForSIGKILL(t *testing.T) {
	eachVictim(t, func(w *world, strike func()) {
		w.start("app", []string{"--kill-timeout", "500"}, "stubborn")
		w.expect("stubborn", 1)
		process := w.hold(w.pid("app"))
		v := w.watch()
		stopped := w.background("stop", "app")
		v.state("app", wire.Stopping)
		strike()
		if a := <-stopped; a.code != 0 {
			w.t.Error(a)
		}
		if !process.Exited() {
			w.t.Error("stop has returned, and the process lives")
		}
	})
}

func TestDeathInTheMiddleOfARestart(t *testing.T) {
	eachVictim(t, func(w *world, strike func()) {
		ask := w.listen()
		w.start("app", []string{"--kill-timeout", "60s"}, "polite", ask.Addr().String())
		old := w.expect("polite", 1)[0]
		restarted := w.background("restart", "app")
		conn := w.accept(ask)
		if w.victim == "both" {
			w.written("app", wire.Stopping) // who asked is not known elsewhere, and would restart it once more
		}
		strike()
		conn.Close()
		if a := <-restarted; a.code != 0 {
			w.t.Error(a)
		}
		if pid := w.expect("polite", 1)[0]; pid == old || pid != w.pid("app") {
			w.t.Errorf("PID %d runs after %d, the list shows %d", pid, old, w.pid("app"))
		}
	})
}

// What waits for its next try goes on waiting, and comes, once.
func TestDeathInTheMiddleOfABackoff(t *testing.T) {
	eachVictim(t, func(w *world, strike func()) {
		v := w.watch()
		w.run("start", "--name", "app", "--backoff", "1s..1s", play, "exit", "3")
		v.state("app", wire.Backoff)
		before := w.instance("app")
		if w.victim == "both" {
			w.written("app", wire.Backoff) // nothing else survives
		}
		strike()
		w.heal()
		v = w.watch()
		after := v.state("app", wire.Backoff)
		if after.Exit == nil || after.Exit.Code != 3 {
			w.t.Errorf("the exit is %+v, want code 3", after.Exit)
		}
		if in := w.instance("app"); in.Restarts <= before.Restarts {
			w.t.Errorf("%d restarts, after %d before", in.Restarts, before.Restarts)
		}
		w.must("stop", "app")
	})
}

// A process that dies while nobody is there to see it is known to have died,
// and how, where its parent lived on.
func TestExitsWhileTheSupervisorIsDead(t *testing.T) {
	w := newWorld(t)
	w.start("app", []string{"--no-autorestart"}, "sleep")
	w.start("twice", nil, "sleep")
	w.expect("sleep", 2)
	app, twice := w.hold(w.pid("app")), w.hold(w.pid("twice"))
	old := w.pid("twice")
	supervisor := w.hold(w.ping().SupervisorPID)
	// While it is stopped it sees nothing, and then it is dead.
	for _, step := range []struct {
		who *proc.Handle
		sig syscall.Signal
	}{{supervisor, syscall.SIGSTOP}, {app, syscall.SIGTERM}, {twice, syscall.SIGKILL}, {supervisor, syscall.SIGKILL}} {
		if err := step.who.Signal(step.sig); err != nil {
			t.Fatal(err)
		}
	}
	w.gone(app)
	w.gone(twice)
	w.gone(supervisor)
	v := w.watch()
	if in := w.instance("twice"); in.PID == old || in.PID == 0 {
		v.await("the next process of twice", func(e wire.Event) bool { return e.App == "twice" && e.PID != 0 && e.PID != old })
	}
	for name, want := range map[string]string{"app": "SIGTERM", "twice": "SIGKILL"} {
		in := w.instance(name)
		if in.LastExit == nil || in.LastExit.Signal != want {
			t.Errorf("%s: the last exit is %+v, want a death by %s", name, in.LastExit, want)
		}
	}
	w.consistent()
}

// What a command has said it did is so, although everything dies right after.
func TestWhatACommandDidIsKept(t *testing.T) {
	eachVictim(t, func(w *world, strike func()) {
		for _, name := range []string{"stopped", "deleted", "started"} {
			w.start(name, nil, "sleep")
		}
		w.must("stop", "started")
		w.must("start", "started")
		w.must("delete", "deleted")
		w.must("stop", "stopped")
		strike()
		w.heal()
		status := map[string]string{}
		for _, a := range w.apps() {
			status[a.Name] = a.Status
		}
		want := map[string]string{"other": wire.Online, "healer": wire.Online, "started": wire.Online, "stopped": wire.Stopped}
		if !maps.Equal(status, want) {
			w.t.Errorf("the apps are %v, want %v", status, want)
		}
	})
}

// A supervisor killed while it writes the state leaves the old file or the new
// one, whole, and no temporary file that stays.
func TestDeathInTheMiddleOfAStateWrite(t *testing.T) {
	t.Parallel()
	rounds := 20
	if long {
		rounds = 200
	}
	w := newWorld(t)
	w.start("app", nil, "sleep")
	v := newFollower(t, w.root, unix.IN_CREATE)
	for range rounds {
		p := w.ping()
		restarted := w.background("restart", "app")
		v.next() // the temporary file
		w.kill(p.SupervisorPID)
		if a := <-restarted; a.code != 0 {
			t.Fatal(a)
		}
		if _, err := pidfile.Load(w.file("state.json")); err != nil {
			t.Fatal(err)
		}
		w.consistent()
	}
	w.must("restart", "app")
	w.must("kill")
	w.pairGone()
	if left, _ := filepath.Glob(w.file(".forever-*")); len(left) > 0 {
		t.Errorf("temporary files stay: %v", left)
	}
}

// A standing order needs no supervisor: while that one hangs, a stable program is
// started anew, and it is told when it goes on.
func TestStandingOrderWithoutASupervisor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.start("app", []string{"--min-uptime", "0"}, "sleep")
	w.expect("sleep", 1)
	w.must("signal", "CONT", "app") // the shim has read all that came before
	supervisor := w.halt(w.ping().SupervisorPID)
	w.kill(old)
	next := w.expect("sleep", 1)[0]
	if err := supervisor.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.must("signal", "CONT", "app") // the supervisor has read what the shim told before
	if in := w.instance("app"); in.PID != next || in.Restarts != 1 || in.LastExit == nil || in.LastExit.PID != old {
		t.Errorf("it is %+v after %+v; started was %d in the place of %d", in, in.LastExit, next, old)
	}
	w.must("stop", "app")
	w.pairGone()
}
