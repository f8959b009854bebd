//go:build unix

package supervisor

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/probe"
	"forever/internal/wire"
)

// hears lets an app's process say something.
func (w *world) hears(m probe.Message) {
	w.t.Helper()
	w.do(func() { w.s.byName("web").instances[0].notified(m) })
}

func watched10s() wire.Spec {
	sp := spec("web")
	sp.WatchdogMS = 10_000
	return sp
}

// watches starts such an app, and returns its slot when it is watched.
func (w *world) watches(sp wire.Spec) string {
	w.t.Helper()
	slot := w.up(sp)
	w.watching()
	return slot
}

func (w *world) watching() {
	w.t.Helper()
	w.until("a watch", func() bool { return w.s.byName("web").instances[0].vigil != nil })
}

func TestWatchdog(t *testing.T) {
	w := runningWorld(t)
	slot := w.watches(watched10s())
	for range 5 {
		w.advance(9 * time.Second)
		w.hears(probe.Message{Watchdog: true})
	}
	w.advance(9 * time.Second)
	w.hears(probe.Message{HasStatus: true, Status: "well"}) // is no such word
	w.is("web", wire.Online)
	if got := w.look("web").Says; got != "well" {
		t.Errorf("it says %q", got)
	}
	w.wantSignals()
	w.advance(time.Second)
	w.is("web", wire.Stopping)
	w.wantSignals(syscall.SIGABRT)
	w.advance(10 * time.Second)
	w.wantSignals(syscall.SIGKILL)
	w.exits(slot, signaled(syscall.SIGKILL), true)
	w.is("web", wire.Online)
	in := w.look("web")
	if want := "unhealthy: no WATCHDOG=1 for 10s; then killed by SIGKILL"; in.LastExit.Reason != want || in.Says != "" {
		t.Errorf("its last exit is %+v; it says %q", in.LastExit, in.Says)
	}
}

// One that has never said a word of it backs off.
func TestWatchdogThatNeverHeard(t *testing.T) {
	w := runningWorld(t)
	slot := w.watches(watched10s())
	w.advance(10 * time.Second)
	w.wantSignals(syscall.SIGABRT)
	w.exits(slot, signaled(syscall.SIGABRT), true)
	w.is("web", wire.Backoff)
}

func TestWatchdogThatIsSetByTheProgram(t *testing.T) {
	w := runningWorld(t)
	w.watches(watched10s())
	w.hears(probe.Message{WatchdogInterval: time.Minute})
	w.advance(59 * time.Second)
	w.is("web", wire.Online)
	w.written()
	if got := w.disk().Apps[0].Instances[0].WatchdogMS; got != 60_000 {
		t.Errorf("the state file has %d ms", got)
	}
	w.advance(time.Second)
	w.is("web", wire.Stopping)
	w.wantSignals(syscall.SIGABRT)

	was := livesOn("online")
	was.WatchdogMS = 60_000
	w, _ = adoptChecked(t, "", was, held())
	w.watching()
	w.advance(59 * time.Second)
	w.is("web", wire.Online)
	w.advance(time.Second)
	w.is("web", wire.Stopping)
}

func TestWatchdogTrigger(t *testing.T) {
	w := runningWorld(t)
	slot := w.watches(watched10s())
	w.hears(probe.Message{WatchdogFailed: true})
	w.wantSignals(syscall.SIGABRT)
	w.exits(slot, code(0), true)
	if x := w.look("web").LastExit; !strings.HasPrefix(x.Reason, "unhealthy: it said so") {
		t.Errorf("its last exit is %+v", x)
	}
}

// What a process of another session says may be the last word of one before.
func TestWatchdogHearsNoStranger(t *testing.T) {
	w := runningWorld(t)
	w.watches(watched10s())
	w.hears(probe.Message{PID: 1, WatchdogFailed: true})
	w.hears(probe.Message{PID: 1, Stopping: true})
	w.wantSignals()
	w.is("web", wire.Online)
}

// Who is about to end gets nothing new, and no more time for it than a stop gives.
func TestProgramThatStopsByItself(t *testing.T) {
	w := runningWorld(t)
	slot := w.watches(watched10s())
	w.hears(probe.Message{Stopping: true, HasStatus: true, Status: "saving"})
	if got := w.look("web").Says; got != "about to end; saving" {
		t.Errorf("it says %q", got)
	}
	well := true
	w.do(func() { well = w.s.byName("web").instances[0].well() })
	if well {
		t.Error("it goes on getting connections")
	}
	w.advance(8 * time.Second)
	w.hears(probe.Message{ExtendTimeout: 5 * time.Second})
	w.advance(4 * time.Second)
	w.hears(probe.Message{Watchdog: true})
	w.is("web", wire.Online)
	w.wantSignals()
	w.advance(time.Second)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, code(0), true)
	if x := w.look("web").LastExit; !strings.Contains(x.Reason, "STOPPING=1") {
		t.Errorf("its last exit is %+v", x)
	}

	w = runningWorld(t)
	slot = w.watches(watched10s())
	w.hears(probe.Message{Stopping: true})
	w.exits(slot, code(0), true)
	w.is("web", wire.Exited)
}

func TestProgramThatReloads(t *testing.T) {
	w := runningWorld(t)
	w.watches(watched10s())
	w.hears(probe.Message{Reloading: true, HasStatus: true, Status: "reading"})
	if got := w.look("web").Says; got != "reads its configuration anew; reading" {
		t.Errorf("it says %q", got)
	}
	w.hears(probe.Message{Ready: true, HasStatus: true, Status: "serving"})
	if got := w.look("web").Says; got != "serving" {
		t.Errorf("then %q", got)
	}
	w.is("web", wire.Online)
}

func TestTimeToStartIsExtended(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Ready = probe.KindNotify
	w.start(sp).ok()
	w.did()
	w.advance(29 * time.Second)
	w.hears(probe.Message{ExtendTimeout: time.Millisecond}) // less than it has
	w.hears(probe.Message{ExtendTimeout: 20 * time.Second})
	w.advance(20*time.Second - 1)
	w.is("web", wire.Starting)
	w.advance(1)
	w.is("web", wire.Stopping)
	w.exits(w.slotOf("web", 0), code(0), true)
	if x := w.look("web").LastExit; !strings.HasPrefix(x.Reason, "not ready within the time that it asked for") {
		t.Errorf("its last exit is %+v", x)
	}
}

func TestTimeToStopIsExtended(t *testing.T) {
	w := runningWorld(t)
	slot := w.watches(watched10s())
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.advance(9 * time.Second)
	w.hears(probe.Message{ExtendTimeout: 5 * time.Second})
	w.advance(5*time.Second - 1)
	w.wantSignals()
	w.advance(1)
	w.wantSignals(syscall.SIGKILL)
	w.hears(probe.Message{ExtendTimeout: time.Hour}) // too late
	w.exits(slot, signaled(syscall.SIGKILL), true)
	stop.ok()
}

// A program may speak before we are told that it was executed.
func TestWordsOfAProcessThatIsBeingMade(t *testing.T) {
	w := runningWorld(t)
	w.listens()
	w.mu.Lock()
	w.manual = true
	w.mu.Unlock()
	sp := spec("web")
	sp.Ready = probe.KindNotify
	start := w.start(sp)
	w.awaitCall(wire.OpSpawn)
	w.says("READY=1\nSTATUS=quick")
	w.is("web", wire.Starting)
	w.spawned(w.slotOf("web", 0))
	start.ok()
	w.is("web", wire.Online)
	if got := w.look("web").Says; got != "quick" {
		t.Errorf("it says %q", got)
	}
}
