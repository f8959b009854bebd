//go:build unix

package supervisor

import (
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
)

// nightly runs at 4 o'clock; it is five past three at dawn.
func nightly(name string) wire.Spec {
	sp := spec(name)
	sp.Policy.Cron = "CRON_TZ=UTC 0 4 * * *"
	return sp
}

// untilFour is how long it is until then.
var untilFour = time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC).Sub(dawn)

// wait moves the clock in steps, as real time would.
func (w *world) wait(d time.Duration) {
	w.t.Helper()
	for d > lookAgain {
		w.advance(lookAgain)
		d -= lookAgain
	}
	w.advance(d)
}

func TestCronStartsAnew(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(nightly("web"))
	w.do(func() {
		if next := w.s.byName("web").snapshot().NextCron; !next.Equal(dawn.Add(untilFour)) {
			t.Errorf("it is to start anew at %v, want %v", next, dawn.Add(untilFour))
		}
	})
	w.wait(untilFour - time.Nanosecond)
	w.wantSignals()
	w.advance(time.Nanosecond)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	in := w.look("web")
	if in.Status != wire.Online || in.Restarts != 1 || in.LastExit.Reason != "restarted: cron CRON_TZ=UTC 0 4 * * *" {
		t.Errorf("after four: %+v, last exit %+v", in, in.LastExit)
	}
	w.wait(24*time.Hour - time.Nanosecond)
	w.wantSignals()
	w.advance(time.Nanosecond)
	w.wantSignals(syscall.SIGTERM)
}

// Times that passed while the machine slept are made up for, once.
func TestCronAfterALongSleep(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(nightly("web"))
	w.do(func() { w.clock.Advance(5 * 24 * time.Hour) }) // in one jump: the loop sees only its end
	w.calm()
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	w.calm()
	if in := w.look("web"); in.Status != wire.Online || in.Restarts != 1 {
		t.Errorf("after five missed nights: %+v", in)
	}
	w.do(func() {
		next := w.s.byName("web").snapshot().NextCron
		if want := dawn.Add(5*24*time.Hour + untilFour); !next.Equal(want) {
			t.Errorf("the next time is %v, want %v", next, want)
		}
	})
}

// A job that ends by itself runs again, and the pair waits for that.
func TestCronStartsAJobThatEnded(t *testing.T) {
	w := runningWorld(t)
	sp := nightly("job")
	sp.Policy.Restart = wire.RestartNever
	slot := w.up(sp)
	w.exits(slot, code(0), true)
	w.is("job", wire.Exited)
	w.do(func() {
		if w.s.active = 0; w.s.idle() {
			t.Error("the pair would end with a time to come")
		}
		w.s.active = 1
	})
	w.wait(untilFour)
	if in := w.look("job"); in.Status != wire.Online || in.Restarts != 1 {
		t.Errorf("at four: %+v", in)
	}
}

func TestCronLeavesAloneWhatAUserStopped(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(nightly("web"))
	stop := w.target(ActStop, "web")
	w.until("the stop", func() bool { return w.s.byName("web").instances[0].after == afterStop })
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	w.wait(24 * time.Hour)
	w.is("web", wire.Stopped)
	w.do(func() {
		if w.s.byName("web").cron != nil || w.clock.Waiting() > 0 {
			t.Error("a timer waits for an app that is stopped")
		}
	})
	w.target(ActStart, "web").ok()
	w.do(func() {
		if w.s.byName("web").cron == nil {
			t.Error("the app runs again, without its times")
		}
	})
	stop = w.target(ActDelete, "web")
	w.until("the deletion", func() bool { return w.s.byName("web").deleting })
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	if n := w.clock.Waiting(); n != 0 {
		t.Errorf("%d timers wait for an app that is gone", n)
	}
}

func TestWrongCronIsRefused(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Policy.Cron = "often"
	c := w.start(sp)
	c.result()
	if done := c.ofType(wire.EventDone); len(done) != 1 || done[0].Err == nil || done[0].Err.Code != wire.CodeUsage {
		t.Errorf("got %s", tell(done))
	}
}
