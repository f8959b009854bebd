//go:build unix

package supervisor

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
)

// behind is an app that starts after others.
func behind(name string, others ...string) wire.Spec {
	sp := spec(name)
	sp.After = others
	return sp
}

// slow is an app that is ready when it says so.
func slow(name string) wire.Spec {
	sp := spec(name)
	sp.Ready = "notify"
	return sp
}

// spawnedApps names the apps whose processes were asked for since the last look.
func (w *world) spawnedApps() (names []string) {
	w.t.Helper()
	for _, c := range w.did() {
		if c.op == wire.OpSpawn {
			w.do(func() {
				if in := w.s.bySlot(c.slot); in != nil {
					names = append(names, in.app.spec.Name)
				}
			})
		}
	}
	return names
}

func (w *world) becomesReady(name string) {
	w.do(func() {
		in := w.s.byName(name).instances[0]
		in.saidReady(in.life)
	})
}

func TestAfterWaitsUntilReady(t *testing.T) {
	w := runningWorld(t)
	c := w.start(behind("web", "api"), behind("api", "db"), slow("db"))
	w.until("the first", func() bool {
		a := w.s.byName("db")
		return a != nil && a.instances[0].state == Starting && a.instances[0].proc.PID != 0
	})
	if got := w.spawnedApps(); !slices.Equal(got, []string{"db"}) {
		t.Fatalf("started %q before db is ready", got)
	}
	w.becomesReady("db")
	for _, e := range c.result() {
		if e.Err != nil {
			t.Error(e.Err.Message)
		}
	}
	if got := w.spawnedApps(); !slices.Equal(got, []string{"api", "web"}) {
		t.Errorf("then started %q, want api and web", got)
	}
}

// What does its work and ends well is ready for those after it.
func TestAfterWhatEndedWell(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("migrate"))
	w.exits(slot, code(0), true)
	w.start(behind("web", "migrate")).ok()
	w.is("web", wire.Online)
}

func TestAfterWhatFails(t *testing.T) {
	w := runningWorld(t)
	db := slow("db")
	db.Policy.Restart = wire.RestartNever
	c := w.start(behind("web", "api"), behind("api", "db"), db)
	w.until("the first", func() bool { a := w.s.byName("db"); return a != nil && a.instances[0].proc.PID != 0 })
	w.exits(w.slotOf("db", 0), code(1), true)
	told := map[string]string{}
	for _, e := range c.result() {
		if e.Err != nil {
			told[e.App] = e.Err.Message
		}
	}
	if told["api"] != `app "api": not started: "db", which it comes after, is failed` ||
		told["web"] != `app "web": not started: "api", which it comes after, is no more` {
		t.Errorf("told %q", told)
	}
}

func TestStopOfWhatWaitsItsTurn(t *testing.T) {
	w := runningWorld(t)
	c := w.start(slow("db"), behind("web", "db"))
	w.until("the wait", func() bool {
		a := w.s.byName("web")
		return a != nil && a.turn != nil && w.s.byName("db").instances[0].proc.PID != 0
	})
	w.target(ActStop, "web").ok()
	w.becomesReady("db")
	c.result()
	w.advance(time.Second)
	w.is("web", wire.Stopped)
	w.is("db", wire.Online)
}

func TestAfterIsRefused(t *testing.T) {
	for want, specs := range map[string][]wire.Spec{
		`app "web": is to start after "db", and there is no such app`: {behind("web", "db")},
		`app "a": is to start after itself`:                           {behind("a", "b"), behind("b", "c"), behind("c", "a")},
		`app "b": is to start after itself`:                           {behind("b", "b")},
	} {
		w := runningWorld(t)
		c := w.start(specs...)
		c.result()
		done := c.ofType(wire.EventDone)
		if len(done) != 1 || done[0].Err == nil || !strings.HasPrefix(done[0].Err.Message, want) {
			t.Errorf("got %s, want %s", tell(done), want)
		}
		if w.spawns() != 0 {
			t.Error("something was started")
		}
	}
	w := runningWorld(t)
	slot := w.up(spec("db"))
	stop := w.target(ActStop, "db")
	w.until("the stop", func() bool { return w.s.byName("db").instances[0].after == afterStop })
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	if err := w.start(behind("web", "db")).fails(wire.CodeDied); !strings.Contains(err.Message, `"db", which it comes after, is stopped`) {
		t.Errorf("got %s", err.Message)
	}
}
