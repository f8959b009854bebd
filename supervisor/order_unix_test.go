//go:build unix

package supervisor

import (
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
)

// stood is the order that the shim has for a slot.
func (w *world) stood(slot string) *wire.Order {
	w.calm()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slot(slot).order
}

// endsLate lets a process end whose order was followed before it was withdrawn.
func (w *world) endsLate(slot string) {
	w.mu.Lock()
	sl := w.slot(slot)
	sl.order = sl.undone
	w.mu.Unlock()
	w.exits(slot, signaled(syscall.SIGKILL), true)
}

// What the shim did by a standing order counts as a restart by the policy, and
// the next order is on its way.
func TestOrderIsFollowed(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	old := w.look("web").PID
	w.advance(time.Minute)
	w.did()
	w.exits(slot, signaled(syscall.SIGSEGV), true)
	in := w.look("web")
	if in.Status != wire.Online || in.PID == old || in.Restarts != 1 || in.LastExit == nil || in.LastExit.PID != old {
		t.Errorf("it is %+v after %+v", in, in.LastExit)
	}
	if n := w.spawns(); n != 1 {
		t.Errorf("%d processes were started for one", n)
	}
	if w.stood(slot) == nil {
		t.Error("there is no order for the next restart")
	}
}

// Where something is to be decided at the end, or made for the next process, the
// shim is to ask.
func TestNoOrder(t *testing.T) {
	for name, change := range map[string]func(*wire.Spec){
		"never":         func(sp *wire.Spec) { sp.Policy.Restart = wire.RestartNever },
		"restart delay": func(sp *wire.Spec) { sp.Policy.RestartDelay = 10 },
		"the last run":  func(sp *wire.Spec) { sp.Policy.MaxRuns = 1 },
		"readiness":     func(sp *wire.Spec) { sp.Ready = "delay:1ms" },
		"JSON lines":    func(sp *wire.Spec) { sp.Output.Type = wire.LogJSON },
	} {
		w := runningWorld(t)
		sp := spec("web")
		change(&sp)
		w.start(sp)
		w.until("the process", func() bool { return w.s.byName("web") != nil && w.s.byName("web").instances[0].proc.PID != 0 })
		if o := w.stood(w.slotOf("web", 0)); o != nil {
			t.Errorf("%s: there is an order: %+v", name, o)
		}
	}
}

// A process that came by an order just before that was withdrawn is stopped like
// the one before.
func TestOrderMeetsStop(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.advance(time.Minute)
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	if o := w.stood(slot); o != nil {
		t.Fatalf("the order stands: %+v", o)
	}
	w.endsLate(slot)
	if c := w.awaitCall(wire.OpSignal); c.pid == 0 || c.sig != syscall.SIGTERM {
		t.Fatalf("got %+v", c)
	}
	stop.unfinished("while the next process lives")
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	w.is("web", wire.Stopped)
}

// The same with a restart to follow: there is one new process in the end.
func TestOrderMeetsRestart(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.advance(time.Minute)
	restart := w.target(ActRestart, "web")
	w.awaitCall(wire.OpSignal)
	w.endsLate(slot)
	w.awaitCall(wire.OpSignal)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	restart.ok()
	w.is("web", wire.Online)
}

// A new spec needs a new plan: the order for the old one is withdrawn.
func TestOrderOfAnOldSpec(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	if w.stood(slot) == nil {
		t.Fatal("there is no order to be withdrawn")
	}
	w.do(func() { w.s.byName("web").setSpec(spec("web")) })
	if o := w.stood(slot); o != nil {
		t.Errorf("the order stands: %+v", o)
	}
}
