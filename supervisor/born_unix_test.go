//go:build unix

package supervisor

import (
	"slices"
	"syscall"
	"testing"

	"forever/internal/wire"
)

// What comes here comes while the shim starts a process: it may run and print
// already, and the supervisor does not know yet.

// launching starts web and returns its slot; the shim has not answered.
func launching(w *world, sp wire.Spec) (start *client, slot string) {
	w.t.Helper()
	w.manual = true
	start = w.start(sp)
	return start, w.awaitCall(wire.OpSpawn).slot
}

// owed waits until the instance is to be replaced when it is there.
func (w *world) owed() {
	w.t.Helper()
	w.until("the restart", func() bool { return w.s.byName("web").instances[0].after == afterStart })
}

// replaced has the process come that was on its way, and the one after it.
func (w *world) replaced(slot string) (pid int) {
	w.t.Helper()
	w.spawned(slot)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	w.awaitCall(wire.OpSpawn)
	return w.spawned(slot)
}

func TestRestartDuringStart(t *testing.T) {
	w := runningWorld(t)
	start, slot := launching(w, spec("web"))
	restart := w.target(ActRestart, "web")
	w.owed()
	w.wantSignals()
	pid := w.replaced(slot)
	start.ok()
	if e := restart.ok(); e.Did != didRestarted || e.PID != pid {
		t.Errorf("told %+v, want process %d", e, pid)
	}
	if in := w.look("web"); in.PID != pid || in.Restarts != 0 {
		t.Errorf("got %+v", in)
	}
}

func TestRestartDuringStartTakesTheCallersEnvironment(t *testing.T) {
	w := runningWorld(t)
	_, slot := launching(w, spec("web"))
	w.act(ActRestart, wire.TargetRequest{Targets: []string{"web"}, Env: []string{"A=new"}})
	w.owed()
	w.replaced(slot)
	w.mu.Lock()
	defer w.mu.Unlock()
	if env := w.slots[slot].plan.Env; !slices.Contains(env, "A=new") {
		t.Errorf("it runs with %q", env)
	}
}

// The process that is on its way may have read the file before it changed.
func TestChangeDuringStart(t *testing.T) {
	d := new(fakeDisk)
	w := watchingWorld(t, d)
	start, slot := launching(w, seen("web"))
	w.until("the watch", func() bool { a := w.s.byName("web"); return a.watch != nil && a.watch.files != nil })
	for range 2 {
		d.changed("/srv/app/lib/a.js")
	}
	w.owed()
	w.replaced(slot)
	start.ok()
	in := w.look("web")
	if in.Restarts != 1 || in.LastExit.Reason != "restarted: lib/a.js changed" {
		t.Errorf("got %+v, last exit %+v", in, in.LastExit)
	}
}

func TestRestartAndStopDuringStart(t *testing.T) {
	w := runningWorld(t)
	start, slot := launching(w, spec("web"))
	restart := w.target(ActRestart, "web")
	w.owed()
	stop := w.target(ActStop, "web")
	w.until("stopping", func() bool { return w.s.byName("web").instances[0].after == afterStop })
	w.spawned(slot)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	start.fails(wire.CodeDied)
	restart.fails(wire.CodeDied)
	w.is("web", wire.Stopped)
}

// Whoever supervises next knows nothing of a restart that waits: the client
// asks again, and then it counts.
func TestRestartDuringStartIsNotRecordedAsDone(t *testing.T) {
	w := runningWorld(t)
	_, slot := launching(w, spec("web"))
	w.act(ActRestart, wire.TargetRequest{Request: wire.Request{ID: "r"}, Targets: []string{"web"}})
	w.owed()
	w.written()
	if got := w.disk().Apps[0].Request; got != "" {
		t.Errorf("on disk the last request is %q", got)
	}
	w.replaced(slot)
	w.written()
	if got := w.disk().Apps[0].Request; got != "r" {
		t.Errorf("afterwards it is %q, want r", got)
	}
}

func TestSignalDuringStart(t *testing.T) {
	w := runningWorld(t)
	start, slot := launching(w, spec("web"))
	early := w.act(ActSignal, wire.TargetRequest{Targets: []string{"web"}, Signal: "SIGUSR1"})
	if c := w.awaitCall(wire.OpSignal); c.sig != syscall.SIGUSR1 || c.slot != slot {
		t.Errorf("asked for %+v", c)
	}
	early.fails(wire.CodeNoTarget) // this shim has no process yet; a real one ends the start first
	w.spawned(slot)
	start.ok()
	w.act(ActSignal, wire.TargetRequest{Targets: []string{"web"}, Signal: "SIGUSR1"}).ok()
}
