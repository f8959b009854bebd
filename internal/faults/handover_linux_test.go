package faults

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// heirKinds are where the heir of a process may be.
var heirKinds = []string{"child", "session", "daemon"}

// hands starts an app whose process hands over at once, and returns the PID of
// the one that it hands over to.
func (w *world) hands(name, kind string, options ...string) int {
	w.t.Helper()
	w.start(name, append([]string{"--ready", "notify", "--wait"}, options...), "hands", "now", kind)
	return w.heirOf(name)
}

// heirOf returns the heir when it is the one that is shown and recorded, and
// nothing was counted as an end.
func (w *world) heirOf(name string) int {
	w.t.Helper()
	pid := w.expect("heir", 1)[0]
	in := w.instance(name)
	if in.PID != pid || in.Status != wire.Online || in.Restarts != 0 || len(in.Exits) != 0 {
		w.t.Fatalf("%s is %+v, want the heir %d online", name, in, pid)
	}
	return pid
}

// A process that gives its place to another may end: the instance goes on, and
// ends with the other.
func TestHandOver(t *testing.T) {
	for _, kind := range heirKinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			pid := w.hands("app", kind)
			for _, a := range w.apps() {
				w.hasPid(a.PidFile, pid)
			}
			if err := w.hold(pid).Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			next := w.expect("heir", 1)[0]
			if in := w.becomes("app", next); in.Restarts != 1 || in.LastExit.PID != pid || in.LastExit.Reason != "exit code 7" {
				t.Errorf("the app is %+v", in)
			}
			w.kill(next)
			last := w.expect("heir", 1)[0]
			if in := w.becomes("app", last); in.Restarts != 2 || in.LastExit.PID != next || in.LastExit.Reason != "killed by SIGKILL" {
				t.Errorf("the app is %+v", in)
			}
			w.restsEmpty("app")
		})
	}
}

// becomes waits until an app is online with that process.
func (w *world) becomes(name string, pid int) wire.Instance {
	w.t.Helper()
	v := w.watch()
	if in := w.instance(name); in.PID == pid && in.Status == wire.Online {
		return in
	}
	v.await(fmt.Sprintf("%s with process %d", name, pid), func(e wire.Event) bool {
		return e.App == name && e.State == wire.Online && e.PID == pid
	})
	return w.instance(name)
}

// recorded waits until the state file has an app with that process.
func (w *world) recorded(name string, pid int) {
	w.t.Helper()
	f := newFollower(w.t, w.root, unix.IN_MOVED_TO)
	for {
		state, err := pidfile.Load(w.file("state.json"))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, a := range state.Apps {
			if a.Name == name && a.Instances[0].Process.PID == pid {
				return
			}
		}
		f.next()
	}
}

// restsEmpty stops an app, of which nothing may be left.
func (w *world) restsEmpty(name string) {
	w.t.Helper()
	w.must("stop", name)
	for _, e := range w.all() {
		if args := argv(e.PID); len(args) > 1 && strings.HasPrefix(args[0], "play") {
			w.t.Errorf("%v (%v) has survived the stop", e, args)
		}
	}
}

// It survives whatever of forever dies, and so does what is known of it.
func TestHandOverAndDeath(t *testing.T) {
	for _, kind := range heirKinds {
		t.Run(kind, func(t *testing.T) {
			eachVictim(t, func(w *world, strike func()) {
				pid := w.hands("app", kind)
				if w.victim == "both" {
					w.recorded("app", pid)
				}
				strike()
				w.heal()
				if in := w.instance("app"); in.PID != pid || in.Restarts != 0 || len(in.Exits) != 0 {
					w.t.Errorf("after the death it is %+v, want PID %d", in, pid)
				}
				w.kill(pid)
				next := w.expect("heir", 1)[0]
				in := w.becomes("app", next)
				if in.Restarts != 1 || in.LastExit.PID != pid {
					w.t.Errorf("after its end it is %+v", in)
				}
				if w.victim == "supervisor" && in.LastExit.Signal != "SIGKILL" {
					w.t.Errorf("its end was %+v", in.LastExit)
				}
				w.must("delete", "app")
			})
		})
	}
}

// The old process hands over and ends while the supervisor hears nothing, and then
// is killed. What was said is heard by the next one before the end counts.
func TestHandOverBetweenSupervisors(t *testing.T) {
	w := newWorld(t)
	old := w.hold(w.start("app", []string{"--ready", "notify", "--wait"}, "hands", "told", "child"))
	supervisor := w.halt(w.ping().SupervisorPID)
	if err := old.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	w.gone(old)
	if err := supervisor.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	pid := w.expect("heir", 1)[0]
	if in := w.becomes("app", pid); in.Restarts != 0 || len(in.Exits) != 0 {
		t.Errorf("the app is %+v", in)
	}
	w.restsEmpty("app")
}

// Each process ends in the moment in which it names the next.
func TestHandOverAndOver(t *testing.T) {
	w := newWorld(t)
	w.start("app", []string{"--ready", "notify"}, "relay", "50")
	last := w.expect("relay", 1)[0]
	if in := w.becomes("app", last); in.Restarts != 0 || len(in.Exits) != 0 {
		t.Errorf("the app is %+v", in)
	}
	if n := strings.Count(w.log(), "has handed over to process"); n != 50 {
		t.Errorf("%d of 50 processes have handed over", n)
	}
	w.restsEmpty("app")
}

// One that stays when it has handed over is the instance's still, but not its main
// process.
func TestHandOverByOneThatStays(t *testing.T) {
	for _, kind := range heirKinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start("app", []string{"--ready", "notify", "--wait"}, "hands", "stay", kind)
			pid := w.heirOf("app")
			old := w.expect("hands", 1)[0]
			w.kill(old)
			w.kill(pid)
			next := w.expect("heir", 1)[0]
			if in := w.becomes("app", next); in.Restarts != 1 || in.LastExit.PID != pid {
				t.Errorf("the app is %+v", in)
			}
			old = w.expect("hands", 1)[0]
			process := w.hold(old)
			w.kill(next)
			last := w.expect("heir", 1)[0]
			if in := w.becomes("app", last); in.Restarts != 2 || in.LastExit.PID != next || !process.Exited() {
				t.Errorf("the app is %+v; the old %d has ended: %v", in, old, process.Exited())
			}
			w.expect("hands", 1) // it lives, and so does its heir
			w.restsEmpty("app")
		})
	}
}

// Who hands over to nobody and ends has failed, though it says that it ended well.
func TestHandOverToTheDead(t *testing.T) {
	w := newWorld(t)
	w.start("other", nil, "sleep") // or nobody may be left to ask
	w.run("start", "--name", "app", "--ready", "notify", "--max", "1", play, "hands", "late", "child")
	v := w.watch()
	if in := w.instance("app"); in.Status != wire.Failed {
		v.state("app", wire.Failed)
	}
	in := w.instance("app")
	if in.LastExit == nil || !strings.Contains(in.LastExit.Reason, "(MAINPID), had ended already; then exit code 0") {
		t.Errorf("its last exit is %+v", in.LastExit)
	}
}

// A process that is none of the instance's does not become its main one.
func TestHandOverToAStranger(t *testing.T) {
	w := newWorld(t)
	w.start("other", nil, "sleep")
	for name, pid := range map[string]int{"init": 1, "test": os.Getpid(), "other": w.pid("other"), "shim": w.ping().ShimPID} {
		w.start("to-"+name, []string{"--ready", "notify", "--wait"}, "claims", fmt.Sprint(pid))
		own := w.expect("claims", 1)[0]
		in := w.instance("to-" + name)
		if in.PID != own || in.Says != "claimed" || !strings.Contains(in.Note, "is refused") {
			t.Errorf("%s: %+v, want PID %d", name, in, own)
		}
		if want := fmt.Sprintf("to-%s: MAINPID=%d is refused: that is no process of it", name, pid); !strings.Contains(w.log(), want) {
			t.Errorf("%s: %q is not in the log:\n%s", name, want, w.log())
		}
	}
	w.consistent()
}

// A new binary finds it as it is.
func TestHandOverAndUpdate(t *testing.T) {
	w := newWorld(t)
	pid := w.hands("app", "session")
	if refused := w.update(w.exe); refused != nil {
		t.Fatal(refused)
	}
	if in := w.instance("app"); in.PID != pid || in.Restarts != 0 {
		t.Errorf("the app is %+v", in)
	}
	if err := w.hold(pid).Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	next := w.expect("heir", 1)[0]
	if in := w.becomes("app", next); in.Restarts != 1 || in.LastExit.Reason != "exit code 7" {
		t.Errorf("the app is %+v", in)
	}
	w.restsEmpty("app")
}

// In a cluster a slot's process may hand over, too, and is replaced by a reload as
// any other.
func TestHandOverInACluster(t *testing.T) {
	w := newWorld(t)
	w.start("app", []string{"-i", "2", "--ready", "notify", "--wait"}, "hands", "now", "session")
	old := w.expect("heir", 2)
	handles := []*proc.Handle{w.hold(old[0]), w.hold(old[1])}
	w.must("reload", "app")
	now := w.expect("heir", 2)
	var pids []int
	for _, a := range w.apps() {
		for _, in := range a.Instances {
			pids = append(pids, in.PID)
		}
	}
	if slices.Sort(pids); len(pids) != 2 || !slices.Contains(pids, now[0]) || !slices.Contains(pids, now[1]) {
		t.Errorf("the instances are %v, want %v", pids, now)
	}
	for i, h := range handles {
		if !h.Exited() {
			t.Errorf("the old process %d lives", old[i])
		}
	}
	w.restsEmpty("app")
}
