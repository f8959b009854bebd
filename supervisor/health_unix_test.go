//go:build unix

package supervisor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/probe"
	"forever/internal/wire"
	"forever/pidfile"
)

// asking is one check under way, which the test answers.
type asking struct {
	ctx    context.Context
	check  probe.Health
	of     probe.Subject
	answer chan error
}

// checkedWorld is a running world in which the test answers the checks.
func checkedWorld(t *testing.T) (*world, chan *asking) {
	t.Helper()
	w := newWorld(t)
	asked := w.answerChecks()
	w.s.active = 1
	w.s.Adopt(&pidfile.State{}, nil, nil)
	w.run()
	return w, asked
}

func (w *world) answerChecks() chan *asking {
	asked := make(chan *asking, 10)
	w.s.Check = func(ctx context.Context, h probe.Health, of probe.Subject) error {
		a := &asking{ctx, h, of, make(chan error, 1)}
		asked <- a
		select {
		case err := <-a.answer:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return asked
}

// ask waits for the next check.
func (w *world) ask(asked chan *asking) *asking {
	w.t.Helper()
	select {
	case a := <-asked:
		return a
	case <-time.After(bound):
		w.t.Fatal("nothing was checked")
		return nil
	}
}

func checked(name string) wire.Spec {
	sp := spec(name)
	sp.Health = "http:80/x,interval=10s,timeout=5s,retries=3,start-period=0s"
	return sp
}

var errBad = errors.New("GET http://localhost:80/x: answered 503")

// interval lets the time until the next check of every instance pass.
func (w *world) interval() {
	w.t.Helper()
	w.until("a check that is to come", func() bool {
		return !slices.ContainsFunc(w.s.byName("web").instances, func(in *instance) bool { return in.health == nil || in.health.timer == nil })
	})
	w.advance(10 * time.Second)
}

// answersCheck lets an interval pass and a check find err.
func (w *world) answersCheck(asked chan *asking, err error) {
	w.t.Helper()
	w.interval()
	before := w.look("web").Health.CheckedAt
	w.ask(asked).answer <- err
	w.until("the result of a check", func() bool {
		in := w.s.byName("web").instances[0]
		return in.health == nil || in.health.seen.CheckedAt.After(before.Time)
	})
}

func (w *world) wantHealth(status string, failures int) {
	w.t.Helper()
	w.until("its checks", func() bool { return w.s.byName("web").instances[0].health != nil }) // the loop's turn begins them
	h := w.look("web").Health
	if h == nil || h.Status != status || h.Failures != failures {
		w.t.Fatalf("its health is %+v, want %s after %d failures", h, status, failures)
	}
}

func TestUnhealthyIsRestarted(t *testing.T) {
	w, asked := checkedWorld(t)
	slot := w.up(checked("web"))
	w.wantHealth(wire.HealthUnknown, 0)
	w.answersCheck(asked, nil)
	w.wantHealth(wire.HealthGood, 0)
	w.answersCheck(asked, errBad)
	w.wantHealth(wire.HealthBad, 1)
	w.answersCheck(asked, errBad)
	w.wantHealth(wire.HealthBad, 2)
	w.wantSignals()
	w.answersCheck(asked, errBad)
	w.is("web", wire.Stopping)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, code(0), true) // what it makes of that is no success
	w.is("web", wire.Online)     // at once: it had been well
	in := w.look("web")
	want := "unhealthy: " + errBad.Error() + " (3 times); then exit code 0"
	if x := in.LastExit; x == nil || x.Reason != want || x.Code != 1 || !x.Blamed {
		t.Errorf("its last exit is %+v, want %q", x, want)
	}
	if in.Restarts != 1 || w.spawns() != 1 {
		t.Errorf("%d restarts", in.Restarts)
	}
	w.wantHealth(wire.HealthUnknown, 0)
}

// A run in which it never was well counts as a short one, however long it was.
func TestNeverHealthyBacksOff(t *testing.T) {
	w, asked := checkedWorld(t)
	sp := checked("web")
	sp.Policy.MaxRestarts = 2
	slot := w.up(sp)
	for _, wait := range []int64{100, 200} {
		for range 3 {
			w.answersCheck(asked, errBad)
		}
		w.exits(slot, signaled(syscall.SIGTERM), true)
		w.is("web", wire.Backoff)
		if got := w.look("web").NextTryMS; got != wait {
			t.Errorf("the next try is in %d ms, want %d", got, wait)
		}
		w.advance(milliseconds(wait))
		w.is("web", wire.Online)
	}
	for range 3 {
		w.answersCheck(asked, errBad)
	}
	w.exits(slot, signaled(syscall.SIGTERM), true)
	w.is("web", wire.Failed)
	if n := w.clock.Waiting(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}

func TestHealthyAgainIsNotRestarted(t *testing.T) {
	w, asked := checkedWorld(t)
	w.up(checked("web"))
	for range 5 {
		w.answersCheck(asked, errBad)
		w.answersCheck(asked, errBad)
		w.answersCheck(asked, nil)
		w.wantHealth(wire.HealthGood, 0)
	}
	w.is("web", wire.Online)
	w.wantSignals()
}

func TestStartPeriod(t *testing.T) {
	w, asked := checkedWorld(t)
	sp := checked("web")
	sp.Health = strings.Replace(sp.Health, "start-period=0s", "start-period=1m", 1)
	w.up(sp)
	for range 5 { // 10 to 50 s
		w.answersCheck(asked, errBad)
		w.wantHealth(wire.HealthUnknown, 0)
	}
	w.answersCheck(asked, errBad)
	w.wantHealth(wire.HealthBad, 1)
	w.target(ActRestart, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(w.slotOf("web", 0), code(0), true)
	w.answersCheck(asked, nil) // its first success ends the period
	w.answersCheck(asked, errBad)
	w.wantHealth(wire.HealthBad, 1)
}

// Nothing is checked that is being stopped, and a check under way ends.
func TestNoCheckWhileStopping(t *testing.T) {
	w, asked := checkedWorld(t)
	slot := w.up(checked("web"))
	w.interval()
	a := w.ask(asked)
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	select {
	case <-a.ctx.Done():
	case <-time.After(bound):
		t.Fatal("the check goes on")
	}
	w.advance(9 * time.Second)
	w.exits(slot, code(0), true)
	stop.ok()
	w.advance(time.Hour)
	if n := len(asked); n != 0 || w.clock.Waiting() != 0 {
		t.Errorf("%d more checks; %d timers", n, w.clock.Waiting())
	}
	if h := w.look("web").Health; h != nil {
		t.Errorf("its health is %+v", h)
	}
}

// What was found of a process says nothing of the next.
func TestResultOfAProcessThatHasGone(t *testing.T) {
	w, asked := checkedWorld(t)
	sp := checked("web")
	sp.Health = strings.Replace(sp.Health, "retries=3", "retries=1", 1)
	slot := w.up(sp)
	w.interval()
	a := w.ask(asked)
	w.exits(slot, code(1), true) // and it is started at once
	a.answer <- errBad
	w.wantHealth(wire.HealthUnknown, 0)
	w.is("web", wire.Online)
	w.interval()
	w.ask(asked)
}

// One that is not well gets no new connections, if there is another.
func TestUnhealthyLeavesTheSteering(t *testing.T) {
	w, asked := checkedWorld(t)
	sp := checked("web")
	sp.Instances = 2
	w.up(sp)
	g := &group{served: map[int]bool{0: true, 1: true}}
	places := func() (places []int) {
		w.do(func() {
			a := w.s.byName("web")
			for _, in := range a.instances {
				in.bound = []*group{g}
			}
			places = a.places(g)
		})
		return places
	}
	find := func(first, second error) {
		w.interval()
		for range 2 {
			a := w.ask(asked)
			if slices.Contains(a.of.Env, "FOREVER_INSTANCE=0") {
				a.answer <- first
			} else {
				a.answer <- second
			}
		}
		w.until("both results", func() bool {
			return !slices.ContainsFunc(w.s.byName("web").instances, func(in *instance) bool { return in.health.cancel != nil })
		})
	}
	find(nil, errBad)
	if got := places(); !slices.Equal(got, []int{0}) {
		t.Errorf("connections go to %v", got)
	}
	find(errBad, errBad)
	if got := places(); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("with nobody well they go to %v", got)
	}
	find(nil, nil)
	if got := places(); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("with all well they go to %v", got)
	}
}

// A command is run as the program is, without the program's own channels; and
// what it leaves behind at its timeout is ended before the next.
func TestCommandAsACheck(t *testing.T) {
	w, asked := checkedWorld(t)
	sp := checked("web")
	sp.Health = "exec:check,interval=10s,timeout=5s,retries=3,start-period=0s"
	sp.Env, sp.Cwd, sp.Channel = []string{"A=1", "NODE_CHANNEL_FD=9"}, "/srv", true
	sp.User = &wire.Identity{Name: "www", UID: 33, GID: 34, Groups: []int{34, 35}}
	slot := w.up(sp)
	w.interval()
	a := w.ask(asked)
	for _, kv := range []string{"A=1", "FOREVER_APP=web", "FOREVER_SLOT=" + slot, "FOREVER_CHECK=" + slot} {
		if !slices.Contains(a.of.Env, kv) {
			t.Errorf("%s is missing in %q", kv, a.of.Env)
		}
	}
	if all := strings.Join(a.of.Env, "\n"); strings.Contains(all, "NODE_CHANNEL_FD") {
		t.Errorf("it has the program's channel: %q", all)
	}
	if u := a.of.User; a.of.Dir != "/srv" || u == nil || u.UID != 33 || u.GID != 34 || !slices.Equal(u.Groups, []int{34, 35}) {
		t.Errorf("it runs in %s as %+v", a.of.Dir, u)
	}
	w.mu.Lock()
	w.leaving = true
	w.mu.Unlock()
	a.answer <- context.DeadlineExceeded
	w.until("a sweep", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.sweeps) == 1 && slices.Contains(w.sweeps[0].r.Marks, "FOREVER_CHECK="+slot) && w.sweeps[0].r.Patience == 0
	})
	w.wantHealth(wire.HealthUnknown, 0)
	w.swept(Swept{Killed: true})
	w.until("the result", func() bool { return w.s.byName("web").instances[0].health.seen.Failures == 1 })
}

// adoptChecked lets a supervisor begin with an app that is checked.
func adoptChecked(t *testing.T, health string, in pidfile.Instance, slot *wire.ShimMessage) (*world, chan *asking) {
	t.Helper()
	w := newWorld(t)
	asked := w.answerChecks()
	w.s.active, w.leaving = 1, true
	a := &app{s: w.s, uid: "u"}
	sp := checked("web")
	sp.Health = health
	a.setSpec(sp)
	w.slots["u:0"] = &fakeSlot{pid: slot.PID}
	w.s.Adopt(&pidfile.State{
		Boot: thisBoot, Shim: pidfile.Process{PID: 1, Boot: thisBoot},
		Apps: []pidfile.App{{UID: "u", Name: "web", Namespace: "default", Desired: wantUp, Spec: a.raw, Instances: []pidfile.Instance{in}}},
	}, nil, []*wire.ShimMessage{slot})
	w.run()
	return w, asked
}

func livesOn(status string) pidfile.Instance {
	return pidfile.Instance{
		Status: status, Runs: 1, StartedAt: dawn.Add(-time.Hour),
		Process: pidfile.Process{PID: 7, Start: 70, Boot: thisBoot},
	}
}

func held() *wire.ShimMessage {
	return &wire.ShimMessage{Op: wire.OpSlot, Slot: "u:0", Streams: []string{streamOut, streamErr}, PID: 7, Start: 70, At: dawn.Add(-time.Hour)}
}

// A new supervisor checks at once what ran before it, after it has ended what a
// check of the supervisor before has left.
func TestChecksGoOnInTheNextSupervisor(t *testing.T) {
	w, asked := adoptChecked(t, checked("").Health, livesOn("online"), held())
	w.ask(asked).answer <- nil
	w.until("the result", func() bool { return w.s.byName("web").instances[0].health.seen.Status == wire.HealthGood })

	w, asked = adoptChecked(t, "exec:x,interval=10s,timeout=5s,retries=3,start-period=0s", livesOn("online"), held())
	w.calm()
	if len(asked) > 0 {
		t.Error("it was checked before the rest of an old check was cleared away")
	}
	w.swept(Swept{})
	w.ask(asked).answer <- nil
}

// A supervisor that is killed while it ends an unhealthy process leaves that to
// the next: one restart, and none is forgotten since the program ended well.
func TestUnhealthyIsEndedByTheNextSupervisor(t *testing.T) {
	w, asked := checkedWorld(t)
	w.up(checked("web"))
	for range 3 {
		w.answersCheck(asked, errBad)
	}
	w.written()
	in := w.disk().Apps[0].Instances[0]
	if in.Status != wire.Stopping || !strings.HasPrefix(in.Why, "unhealthy: ") {
		t.Fatalf("on disk it is %+v", in)
	}
	for _, lives := range []bool{true, false} {
		was, slot := livesOn("stopping"), held()
		was.Why = in.Why
		if !lives {
			slot.PID, slot.Exits = 0, []wire.ShimExit{endOf(7, code(0))}
		}
		w, asked := adoptChecked(t, checked("").Health, was, slot)
		if lives {
			w.wantSignals(syscall.SIGTERM)
			w.is("web", wire.Stopping)
			w.exits("u:0", code(0), true)
		}
		w.until("a start", func() bool { return w.s.byName("web").instances[0].state == Backoff })
		w.nextTry()
		w.is("web", wire.Online)
		got := w.look("web")
		if x := got.LastExit; x == nil || x.Reason != in.Why+"; then exit code 0" || got.Restarts != 1 {
			t.Errorf("lives %v: %d restarts, the last exit is %+v", lives, got.Restarts, x)
		}
		if len(asked) > 0 {
			t.Error("it was checked while it was being ended")
		}
	}
}

func TestJudgeBlames(t *testing.T) {
	p := defaultPolicy()
	p.SuccessCodes = []int{1, 143}
	for _, x := range []wire.Exit{{Code: 1, Blamed: true}, {Code: 143, Blamed: true}} {
		if v := judge(p, x, history{runs: 1, ran: time.Hour}, 0); v.next != Starting {
			t.Errorf("%+v: %+v", x, v)
		}
	}
}
