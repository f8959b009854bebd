//go:build unix

package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// heirPID is beyond what Linux gives, so that no real process is meant.
const heirPID = 5_000_000

// The heir, and this process, which speaks for the instance's.
var (
	itsHeir = proc.Entry{PID: heirPID, PPID: 101, Start: 10 * heirPID}
	speaker = proc.Entry{PID: os.Getpid()}
)

// notifies is an app that says when it is ready.
func notifies() wire.Spec {
	sp := spec("web")
	sp.Ready = probe.KindNotify
	return sp
}

// handing starts such an app, whose process 101 has the heir for a child. Looks at
// the tree wait until the test lets them go on.
func handing(t *testing.T) (w *world, slot string, goOn func()) {
	t.Helper()
	w = runningWorld(t)
	w.listens()
	w.says("READY=1")
	slot = w.up(notifies())
	w.until("readiness", func() bool { return w.s.byName("web").instances[0].state == Online })
	hold := make(chan struct{})
	w.mu.Lock()
	w.tree, w.looks = []proc.Entry{{PID: 101, Start: 1010}, itsHeir, speaker}, hold
	w.mu.Unlock()
	return w, slot, func() { close(hold) }
}

// led waits until the instance's main process is that.
func (w *world) led(pid int) {
	w.t.Helper()
	w.until("the hand-over", func() bool { return w.s.byName("web").instances[0].proc.PID == pid })
}

// appoints has the supervisor look at the heir.
func (w *world) appoints() {
	w.t.Helper()
	w.says("MAINPID=5000000\nSTATUS=led")
	w.until("a look at the heir", func() bool { return w.s.byName("web").instances[0].heir != nil })
}

// The end of a process that has handed over is not the instance's, however near it
// is.
func TestHandOver(t *testing.T) {
	w, slot, goOn := handing(t)
	w.appoints()
	w.exits(slot, code(0), true)
	w.is("web", wire.Online)
	if got := w.look("web"); got.PID != 101 || got.Says != "" {
		t.Errorf("before the shim has the heir it is %+v", got)
	}
	goOn()
	w.led(heirPID)
	got := w.look("web")
	if got.PID != heirPID || got.Start != itsHeir.Start || got.Status != wire.Online || got.Restarts != 0 || len(got.Exits) != 0 || got.Says != "led" {
		t.Errorf("then it is %+v", got)
	}
	w.written()
	if in := w.disk().Apps[0].Instances[0]; in.Process.PID != heirPID || in.Origin != (pidfile.Process{PID: 101, Start: 1010, Boot: thisBoot}) {
		t.Errorf("on disk it is %+v", in)
	}
	var path string
	w.do(func() { path = w.s.byName("web").pidPath(0) })
	if text, err := os.ReadFile(path); err != nil || string(text) != "5000000\n" {
		t.Errorf("%s has %q, %v", filepath.Base(path), text, err)
	}
	w.advance(time.Minute)
	w.did()
	w.exits(slot, signaled(syscall.SIGKILL), false)
	w.led(102)
	if got := w.look("web"); got.Restarts != 1 || got.LastExit.PID != heirPID || got.LastExit.Reason != "killed by SIGKILL" {
		t.Errorf("after the heir's end it is %+v", got)
	}
	if origin := (pidfile.Process{}); w.s.byName("web").instances[0].origin != origin {
		t.Error("its next process is taken for another one's heir")
	}
}

// What is left of both processes is looked for, since each may have a session.
func TestHandOverIsSweptWhole(t *testing.T) {
	w, slot, goOn := handing(t)
	w.appoints()
	goOn()
	w.led(heirPID)
	w.mu.Lock()
	w.leaving = true
	w.mu.Unlock()
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, code(0), false)
	w.until("a sweep", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.sweeps) == 1
	})
	w.mu.Lock()
	queries := w.sweeps[0].r.queries()
	w.mu.Unlock()
	if len(queries) != 2 || queries[0].Main != 101 || queries[0].Start != 1010 || queries[1].Main != heirPID {
		t.Errorf("looked for is %+v", queries)
	}
	w.swept(Swept{})
	stop.ok()
	w.is("web", wire.Stopped)
}

// A stop in the middle counts: nothing is handed over any more.
func TestHandOverMeetsAStop(t *testing.T) {
	w, slot, goOn := handing(t)
	w.appoints()
	stop := w.target(ActStop, "web")
	w.until("the stop", func() bool { return w.s.byName("web").instances[0].state == Stopping })
	w.exits(slot, code(0), false)
	w.is("web", wire.Stopping)
	goOn()
	stop.ok()
	w.is("web", wire.Stopped)
	for _, c := range w.did() {
		if c.op == wire.OpMain {
			t.Error("it was handed over")
		}
	}
}

// Who is refused changes nothing. If it has ended, the end of the one that named it
// is a failure; unless that has named itself again.
func TestHandOverIsRefused(t *testing.T) {
	w, slot, goOn := handing(t)
	goOn()
	refusal := func(text, why string) {
		t.Helper()
		w.says(text)
		w.until("the refusal", func() bool { return strings.HasSuffix(w.s.byName("web").instances[0].note, why) })
		if got := w.look("web"); got.PID != 101 || got.Status != wire.Online {
			t.Errorf("%s: it is %+v", text, got)
		}
		if !strings.Contains(w.logged(), "web: "+w.look("web").Note) {
			t.Errorf("%s: the log has no word of it", text)
		}
	}
	refusal("MAINPID=1", "MAINPID=1 is refused: that is no process of it")
	w.mu.Lock()
	w.refusal = &wire.ShimMessage{Op: wire.OpDone, Error: "hand over: no"}
	w.mu.Unlock()
	refusal("MAINPID=5000000", "hand over: no")
	w.mu.Lock()
	w.refusal, w.tree = nil, []proc.Entry{itsHeir}
	w.mu.Unlock()
	if runtime.GOOS == "linux" { // else it is not known
		refusal("MAINPID=5000000", fmt.Sprintf("process %d, which says so, is none of it", os.Getpid()))
	}
	w.mu.Lock()
	w.tree = nil
	w.mu.Unlock()
	w.says("MAINPID=101")
	w.until("its own name", func() bool { return w.s.byName("web").instances[0].note == "" })
	refusal("MAINPID=5000000", "there is no such process any more")
	w.exits(slot, code(0), true)
	w.is("web", wire.Backoff)
	if got := w.look("web").LastExit; got.Code != 1 || got.Reason != "process 5000000, to which it has handed over (MAINPID), had ended already; then exit code 0" {
		t.Errorf("its last exit is %+v", got)
	}
}

// What one says that has handed over is of itself.
func TestTheRetiredIsNotTheInstance(t *testing.T) {
	w, _, goOn := handing(t)
	w.hears(probe.Message{Stopping: true})
	w.appoints()
	goOn()
	w.led(heirPID)
	w.hears(probe.Message{PID: 101, Stopping: true})
	w.hears(probe.Message{PID: 101, WatchdogFailed: true})
	w.advance(time.Minute)
	if got := w.look("web"); got.Says != "led" || got.Status != wire.Online {
		t.Errorf("it is %+v", got)
	}
	w.hears(probe.Message{PID: heirPID, Stopping: true})
	if got := w.look("web").Says; got != "about to end; led" {
		t.Errorf("it says %q", got)
	}
}

// A supervisor that begins finds what the state file does not know yet.
func TestHandOverIsAdopted(t *testing.T) {
	was := livesOn("online")
	was.Well = true
	slot := held()
	slot.PID, slot.Start, slot.Origin = heirPID, 10*heirPID, &wire.Origin{PID: 7, Start: 70}
	w, _ := adoptChecked(t, "", was, slot)
	w.do(func() {
		in := w.s.byName("web").instances[0]
		if in.proc.PID != heirPID || in.origin.PID != 7 || !in.wasWell {
			t.Errorf("adopted is %+v, started as %+v, well: %v", in.proc, in.origin, in.wasWell)
		}
	})

	// Both processes of forever had died: only the file knows.
	was.Process, was.Origin = pidfile.Process{PID: heirPID, Start: 10 * heirPID, Boot: thisBoot}, was.Process
	slot.Origin = nil
	w, _ = adoptChecked(t, "", was, slot)
	w.do(func() {
		if in := w.s.byName("web").instances[0]; in.origin.PID != 7 {
			t.Errorf("adopted is %+v, started as %+v", in.proc, in.origin)
		}
	})

	// Another process altogether.
	slot.PID, slot.Start = 8, 80
	w, _ = adoptChecked(t, "", was, slot)
	w.do(func() {
		if in := w.s.byName("web").instances[0]; in.origin.PID != 0 || in.wasWell {
			t.Errorf("adopted is %+v, started as %+v", in.proc, in.origin)
		}
	})
}

// The last word of a process is heard before its end counts, also by the
// supervisor that comes after one that was killed.
func TestHandOverIsHeardByTheNext(t *testing.T) {
	w := newWorld(t)
	w.listens()
	w.says("MAINPID=5000000")
	w.s.active, w.tree = 1, []proc.Entry{itsHeir, speaker}
	a := &app{s: w.s, uid: "u"}
	a.setSpec(notifies())
	slot := held()
	slot.PID, slot.Exits = 0, []wire.ShimExit{endOf(7, code(0))}
	w.s.Adopt(&pidfile.State{
		Boot: thisBoot, Shim: pidfile.Process{PID: 1, Boot: thisBoot},
		Apps: []pidfile.App{{UID: "u", Name: "web", Namespace: "default", Desired: wantUp, Spec: a.raw, Instances: []pidfile.Instance{livesOn("online")}}},
	}, nil, []*wire.ShimMessage{slot})
	w.run()
	w.led(heirPID)
	if got := w.look("web"); got.Status != wire.Online || len(got.Exits) != 0 {
		t.Errorf("it is %+v", got)
	}
}
