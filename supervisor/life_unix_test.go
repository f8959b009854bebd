//go:build unix

package supervisor

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
)

// A program that dies at once is started again after 100 ms, 200 ms … and not
// a moment earlier.
func TestCrashLoopWakesAtExactTimes(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("crash"))
	for run, ms := range []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000} {
		wait := ms * time.Millisecond
		w.exits(slot, code(1), true)
		in := w.look("crash")
		if in.Status != wire.Backoff || in.NextTryMS != int64(ms) || in.PID != 0 {
			t.Fatalf("after short run %d: %+v, want a backoff of %v", run+1, in, wait)
		}
		w.advance(wait - time.Nanosecond)
		if n := w.spawns(); n != 0 {
			t.Fatalf("started %d times before the %v were over", n, wait)
		}
		w.advance(time.Nanosecond)
		if n := w.spawns(); n != 1 {
			t.Fatalf("started %d times after %v, want once", n, wait)
		}
	}
	if in := w.look("crash"); in.Status != wire.Online || in.Restarts != 11 || len(in.Exits) != keptExits {
		t.Errorf("after 11 restarts: %+v", in)
	}
}

// A run of exactly min-uptime is long enough; one that is a moment shorter is not.
func TestMinUptime(t *testing.T) {
	for _, tt := range []struct {
		ran  time.Duration
		want string
	}{
		{time.Second, wire.Online},
		{time.Second - time.Millisecond, wire.Backoff},
		{0, wire.Backoff},
		{time.Hour, wire.Online},
	} {
		t.Run(tt.ran.String(), func(t *testing.T) {
			w := runningWorld(t)
			slot := w.up(spec("web"))
			w.advance(tt.ran)
			w.exits(slot, code(1), true)
			w.is("web", tt.want)
		})
	}
}

// After a long run the wait begins at its shortest again, and none comes first.
func TestLongRunForgetsShortOnes(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	for _, wait := range []time.Duration{100, 200, 400} {
		w.exits(slot, code(1), true)
		w.advance(wait * time.Millisecond)
	}
	w.advance(time.Second)
	w.exits(slot, code(1), true)
	w.is("web", wire.Online) // at once
	w.exits(slot, code(1), true)
	if in := w.look("web"); in.NextTryMS != 100 {
		t.Errorf("the next wait is %d ms, want 100", in.NextTryMS)
	}
}

func TestMaxRestarts(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Policy.MaxRestarts = 2
	slot := w.up(sp)
	for range 2 {
		w.exits(slot, code(1), true)
		w.is("web", wire.Backoff)
		w.nextTry()
		w.is("web", wire.Online)
	}
	w.exits(slot, code(1), true)
	in := w.look("web")
	if in.Status != wire.Failed || in.Restarts != 2 || !strings.Contains(in.Note, "2 restarts in a row") {
		t.Errorf("got %+v, want failed after two restarts, and why", in)
	}
}

func TestMaxRuns(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Policy.MaxRuns = 3
	slot := w.up(sp)
	for range 2 {
		w.advance(time.Minute)
		w.exits(slot, code(1), true)
		w.is("web", wire.Online)
	}
	w.advance(time.Minute)
	w.exits(slot, code(1), true)
	w.is("web", wire.Failed)
	w.target(ActStart, "web").ok() // a user may, and it counts anew
	w.advance(time.Minute)
	w.exits(slot, code(1), true)
	w.is("web", wire.Online)
}

func TestRestartDelay(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Policy.RestartDelay = 500
	slot := w.up(sp)
	for _, ran := range []time.Duration{0, time.Minute, 0} {
		w.advance(ran)
		w.exits(slot, code(1), true)
		if in := w.look("web"); in.NextTryMS != 500 {
			t.Fatalf("after a run of %v the wait is %d ms, want 500", ran, in.NextTryMS)
		}
		w.advance(500 * time.Millisecond)
		w.is("web", wire.Online)
	}
}

func TestUsersStartSkipsTheBackoff(t *testing.T) {
	for _, action := range []string{ActStart, ActRestart} {
		t.Run(action, func(t *testing.T) {
			w := runningWorld(t)
			slot := w.up(spec("web"))
			for range 4 {
				w.exits(slot, code(1), true)
				w.nextTry()
			}
			w.exits(slot, code(1), true)
			w.is("web", wire.Backoff)
			w.target(action, "web").ok()
			w.is("web", wire.Online)
			w.exits(slot, code(1), true)
			if in := w.look("web"); in.NextTryMS != 100 {
				t.Errorf("the next wait is %d ms, want the shortest", in.NextTryMS)
			}
			if n := w.clock.Waiting(); n != 1 {
				t.Errorf("%d timers are pending, want the backoff alone", n)
			}
		})
	}
}

func TestStopEndsABackoff(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.exits(slot, code(1), true)
	w.target(ActStop, "web").ok()
	w.advance(time.Hour)
	w.is("web", wire.Stopped)
	if n := w.spawns(); n != 0 {
		t.Errorf("started %d times after it was stopped", n)
	}
}

// A stop signals the group once, and is over when the tree is gone.
func TestStop(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.mu.Lock()
	w.leaving = true
	w.mu.Unlock()
	stop := w.target(ActStop, "web")
	if c := w.awaitCall(wire.OpSignal); c.sig != syscall.SIGTERM {
		t.Fatalf("signalled with %v, want SIGTERM", c.sig)
	}
	w.is("web", wire.Stopping)
	pid := w.exits(slot, signaled(syscall.SIGTERM), false)
	w.is("web", wire.Stopping)
	stop.unfinished("while the tree was not known to be gone")
	w.mu.Lock()
	r, resumed := w.sweeps[0].r, w.resumed
	w.mu.Unlock()
	if resumed != 1 {
		t.Errorf("resumed %d times: a program that is halted does not hear the stop signal", resumed)
	}
	if r.Main != pid || r.Start != uint64(pid)*10 || r.Patience != 10*time.Second || !slices.Contains(r.Marks, "FOREVER_INSTANCE=0") {
		t.Errorf("the sweep looks for %+v", r)
	}
	w.swept(Swept{})
	if e := stop.ok(); e.Did != didStopped {
		t.Errorf("got %+v", e)
	}
	if in := w.look("web"); in.Status != wire.Stopped || in.LastExit.Signal != "SIGTERM" || w.clock.Waiting() != 0 {
		t.Errorf("at the end: %+v, %d timers", in, w.clock.Waiting())
	}
	if len(w.drained) == 0 {
		t.Error("its last words were not waited for")
	}
}

func TestKillTimeout(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("deaf"))
	stop := w.target(ActStop, "deaf")
	w.awaitCall(wire.OpSignal)
	w.advance(10*time.Second - time.Nanosecond)
	w.wantSignals()
	w.advance(time.Nanosecond)
	w.wantSignals(syscall.SIGKILL)
	if !strings.Contains(w.logged(), "deaf: still there after 10s; sending SIGKILL") {
		t.Errorf("the escalation is not in the log:\n%s", w.logged())
	}
	stop.unfinished("before the process had ended")
	w.exits(slot, signaled(syscall.SIGKILL), true)
	stop.ok()
	w.is("deaf", wire.Stopped)
}

// A process in uninterruptible sleep does not even die of SIGKILL: the command
// ends with that news, the instance stays stopping, and ends when it may.
func TestStuckProcess(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("stuck"))
	stop := w.target(ActStop, "stuck")
	w.awaitCall(wire.OpSignal)
	w.advance(10 * time.Second)
	w.advance(stuckTime)
	if err := stop.fails(wire.CodeNotStopped); !strings.Contains(err.Message, "does not die of SIGKILL") {
		t.Errorf("got %q", err.Message)
	}
	w.is("stuck", wire.Stopping)
	w.exits(slot, signaled(syscall.SIGKILL), true)
	w.is("stuck", wire.Stopped)
}

// Who asks a second time to stop what does not die is told again, and does not
// wait for ever.
func TestStuckProcessIsToldAgain(t *testing.T) {
	w := runningWorld(t)
	w.up(spec("stuck"))
	first := w.target(ActStop, "stuck")
	w.awaitCall(wire.OpSignal)
	w.advance(10 * time.Second)
	w.advance(stuckTime)
	first.fails(wire.CodeNotStopped)
	again := w.target(ActStop, "stuck")
	w.until("the second command", func() bool { return w.commands() == 1 && w.s.byName("stuck").instances[0].timer != nil })
	w.advance(stuckTime)
	again.fails(wire.CodeNotStopped)
}

// What is left of a tree after SIGKILL is told, and looked at again.
func TestStuckTree(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.mu.Lock()
	w.leaving = true
	w.mu.Unlock()
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, code(0), false)
	w.calm()
	w.swept(Swept{Killed: true, Left: []proc.Entry{{PID: 77, Comm: "nfs"}}})
	if err := stop.fails(wire.CodeNotStopped); !strings.Contains(err.Message, "process 77 (nfs)") {
		t.Errorf("got %q", err.Message)
	}
	w.is("web", wire.Stopping)
	w.advance(stuckTime)
	w.swept(Swept{})
	w.is("web", wire.Stopped)
}

// A second Ctrl-C: what is being stopped politely is killed now.
func TestSecondStopWithoutPatience(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	first := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.advance(time.Second)
	second := w.act(ActStop, wire.TargetRequest{Targets: []string{"web"}, TimeoutMS: number(0)})
	w.until("a timer of 0 s", func() bool { d, ok := w.clock.Next(); return ok && d <= 0 })
	w.advance(0)
	w.wantSignals(syscall.SIGKILL)
	w.exits(slot, signaled(syscall.SIGKILL), true)
	first.ok()
	second.ok()
}

// A longer timeout than the one that runs changes nothing.
func TestSecondStopWithMorePatience(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	first := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	second := w.act(ActStop, wire.TargetRequest{Targets: []string{"web"}, TimeoutMS: number(60_000)})
	w.until("the second command", func() bool { return w.commands() == 2 })
	w.advance(10 * time.Second)
	w.wantSignals(syscall.SIGKILL)
	w.exits(slot, signaled(syscall.SIGKILL), true)
	first.ok()
	second.ok()
}

func TestStopWithAnotherSignalAndTimeout(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	stop := w.act(ActStop, wire.TargetRequest{Targets: []string{"web"}, Signal: "INT", TimeoutMS: number(300)})
	if c := w.awaitCall(wire.OpSignal); c.sig != syscall.SIGINT {
		t.Errorf("signalled with %v, want SIGINT", c.sig)
	}
	w.advance(300 * time.Millisecond)
	w.wantSignals(syscall.SIGKILL)
	w.exits(slot, signaled(syscall.SIGKILL), true)
	stop.ok()
}

// What is stopped while the shim starts it is signalled when it is there.
func TestStopDuringStart(t *testing.T) {
	w := runningWorld(t)
	w.manual = true
	start := w.start(spec("web"))
	slot := w.awaitCall(wire.OpSpawn).slot
	stop := w.target(ActStop, "web")
	w.until("stopping", func() bool { return w.s.byName("web").instances[0].state == Stopping })
	w.wantSignals()
	w.spawned(slot)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	if err := start.fails(wire.CodeDied); !strings.Contains(err.Message, "another command stopped it") {
		t.Errorf("start says %q", err.Message)
	}
	w.is("web", wire.Stopped)
}

// Two Ctrl-C while it is being started: it is not spared for having come late.
func TestImpatientStopDuringStart(t *testing.T) {
	w := runningWorld(t)
	w.manual = true
	w.start(spec("web"))
	slot := w.awaitCall(wire.OpSpawn).slot
	first := w.target(ActStop, "web")
	w.until("stopping", func() bool { return w.s.byName("web").instances[0].state == Stopping })
	second := w.act(ActStop, wire.TargetRequest{Targets: []string{"web"}, TimeoutMS: number(0)})
	w.until("the second stop", func() bool { return w.s.byName("web").instances[0].stopping.TimeoutMS == 0 })
	w.spawned(slot)
	w.calm()
	w.advance(0)
	w.wantSignals(syscall.SIGTERM, syscall.SIGKILL)
	w.exits(slot, signaled(syscall.SIGKILL), true)
	first.ok()
	second.ok()
}

func TestRestart(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	old := w.look("web").PID
	restart := w.target(ActRestart, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	e := restart.ok()
	in := w.look("web")
	if e.Did != didRestarted || e.PID != in.PID || in.PID == old || in.Status != wire.Online || in.Restarts != 0 {
		t.Errorf("told %+v; is %+v; was %d", e, in, old)
	}
}

// Whoever asked last gets what was asked for.
func TestRestartAndStopWhileStopping(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	restart := w.target(ActRestart, "web")
	w.until("a start to follow", func() bool { return w.s.byName("web").instances[0].after == afterStart })
	w.exits(slot, code(0), true)
	restart.ok()
	if e := stop.ok(); e.Message != "another command started it again" {
		t.Errorf("stop says %+v", e)
	}
	w.is("web", wire.Online)

	restart = w.target(ActRestart, "web")
	w.awaitCall(wire.OpSignal)
	stop = w.target(ActStop, "web")
	w.until("no start to follow", func() bool { return w.s.byName("web").instances[0].after == afterStop })
	w.exits(slot, code(0), true)
	stop.ok()
	restart.fails(wire.CodeDied)
	w.is("web", wire.Stopped)
}

// The exit of one life is not that of the next.
func TestExitOfAnOlderLife(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.s.Exit(slot, wire.ShimExit{PID: 1, Known: true, At: w.clock.Now()})
	w.s.Exit("nobody:0", wire.ShimExit{PID: 2, Known: true, At: w.clock.Now()})
	if in := w.look("web"); in.Status != wire.Online || in.LastExit != nil {
		t.Errorf("got %+v", in)
	}
}

// What a full disk has cost is told with the instance.
func TestOutputLostIsTold(t *testing.T) {
	w := runningWorld(t)
	w.up(spec("web"))
	w.mu.Lock()
	w.lost = 3
	w.mu.Unlock()
	if note := w.look("web").Note; !strings.Contains(note, "3 bytes of its output could not be written") {
		t.Errorf("note: %q", note)
	}
}
