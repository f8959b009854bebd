//go:build unix

package supervisor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

func TestStart(t *testing.T) {
	w := runningWorld(t)
	e := w.start(spec("web")).ok()
	in := w.look("web")
	if e.App != "web" || e.Did != didStarted || e.PID != in.PID || e.Instance != -1 || in.Status != wire.Online {
		t.Errorf("told %+v, is %+v", e, in)
	}
	if in.Start != uint64(in.PID)*10 {
		t.Errorf("start time of the process: %d", in.Start)
	}
}

// Nothing runs that the state file does not know.
func TestStartIsWrittenBeforeItHappens(t *testing.T) {
	w := runningWorld(t)
	w.manual = true
	w.start(spec("web"))
	w.awaitCall(wire.OpSpawn)
	st := w.disk()
	if len(st.Apps) != 1 || st.Apps[0].Name != "web" || st.Apps[0].Desired != pidfile.Running {
		t.Fatalf("on disk at the time of the start: %+v", st.Apps)
	}
	if got := st.Apps[0].Instances[0].Status; got != wire.Starting {
		t.Errorf("its instance is %q on disk, want starting: a supervisor that follows now has to start it", got)
	}
}

// The slot of a new app is made while its state is being written, and once.
func TestSlotIsMadeWhileTheStateIsWritten(t *testing.T) {
	w := runningWorld(t)
	release := w.holdSave()
	start := w.start(spec("web"))
	w.awaitCall(wire.OpOpen)
	w.calm()
	if n := w.spawns(); n != 0 {
		t.Errorf("%d programs were started before they were known", n)
	}
	release()
	start.ok()
	for _, c := range w.did() {
		if c.op == wire.OpOpen {
			t.Errorf("slot %s was made again", c.slot)
		}
	}
}

// A log that is to be emptied is not touched before the start is certain.
func TestLogToBeEmptiedIsLeftUntilTheStateIsWritten(t *testing.T) {
	w := runningWorld(t)
	release := w.holdSave()
	sp := spec("web")
	sp.Output.Truncate = true
	start := w.start(sp)
	w.until("the app", func() bool { return w.s.byName("web") != nil })
	if calls := w.did(); len(calls) != 0 {
		t.Errorf("the shim was asked for %+v", calls)
	}
	release()
	start.ok()
}

func TestStartOfARunningName(t *testing.T) {
	w := runningWorld(t)
	w.up(spec("web"))
	old := w.look("web")
	err := w.start(spec("web")).fails(wire.CodeRunning)
	if !strings.Contains(err.Message, `"web" is online already`) || !strings.Contains(err.Hint, "forever restart web") {
		t.Errorf("got %+v", err)
	}
	if in := w.look("web"); in.PID != old.PID || w.spawns() != 0 {
		t.Errorf("it was touched: %+v", in)
	}
	if err := w.target(ActStart, "web").fails(wire.CodeRunning); err.Hint == "" {
		t.Error("start of a target that runs: no hint")
	}
}

// Two apps of one uid would share their slots.
func TestStartWithTheUIDOfAnother(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.UID = "mine"
	w.up(sp)
	sp.Name = "other"
	err := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, Force: true}).fails(wire.CodeUsage)
	if want := `app "other": uid "mine" is that of app "web" (id 0)`; err.Message != want {
		t.Errorf("got %q, want %q", err.Message, want)
	}
	if n := len(w.s.Apps()); n != 1 {
		t.Errorf("%d apps are there", n)
	}
	w.target(ActRestart, "mine")
	w.awaitCall(wire.OpSignal)
}

func TestForceReplaces(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	old := w.look("web").PID
	sp := spec("web")
	sp.Script = "/bin/other"
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, Force: true})
	w.awaitCall(wire.OpSignal)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	e := start.ok()
	if in := w.look("web"); in.PID == old || e.PID != in.PID {
		t.Errorf("told %+v, is %+v, was %d", e, in, old)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := w.slots[slot].plan.File; got != "/bin/other" {
		t.Errorf("runs %s, want the new program", got)
	}
}

// A program that is replaced by fewer copies of another: what is too many goes,
// whatever it was doing, and the command ends.
func TestForceWithFewerInstances(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Instances = 4
	w.start(sp).ok()
	slots := make([]string, 4)
	for i := range slots {
		slots[i] = w.slotOf("web", i)
	}
	w.exits(slots[2], code(1), true) // in backoff
	w.exits(slots[3], code(1), true)
	w.calm()
	w.did()
	sp.Instances = 2
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, Force: true})
	w.awaitCall(wire.OpSignal)
	w.awaitCall(wire.OpSignal)
	w.exits(slots[0], code(0), true)
	w.exits(slots[1], code(0), true)
	start.ok()
	w.advance(time.Hour)
	w.do(func() {
		if n := len(w.s.byName("web").instances); n != 2 {
			t.Errorf("%d instances are left, want 2", n)
		}
	})
}

func TestForceWithFewerInstancesThatRun(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Instances = 2
	w.start(sp).ok()
	w.did()
	slots := []string{w.slotOf("web", 0), w.slotOf("web", 1)}
	sp.Instances = 1
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, Force: true})
	for range slots {
		w.awaitCall(wire.OpSignal)
	}
	for _, slot := range slots {
		w.exits(slot, code(0), true)
	}
	start.ok()
}

// Deleting what has instances too many, each at another point of its life.
func TestDeleteWhileInstancesGo(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Instances = 4
	w.start(sp).ok()
	for i := range 4 {
		w.exits(w.slotOf("web", i), code(1), true)
	}
	w.do(func() { w.s.byName("web").spec.Instances = 1 })
	w.target(ActDelete, "web").ok()
	w.do(func() {
		if len(w.s.apps) != 0 {
			t.Errorf("left: %+v", w.s.list())
		}
	})
}

// A client whose supervisor was replaced asks again, with the same id.
func TestRequestIsCarriedOutOnce(t *testing.T) {
	w := runningWorld(t)
	r := wire.StartRequest{Request: wire.Request{ID: "r1"}, Specs: []wire.Spec{spec("web")}}
	first := w.startWith(r).ok()
	again := w.startWith(r).ok()
	if n := w.spawns(); n != 1 || again.PID != first.PID {
		t.Errorf("%d programs were started; told PID %d, then %d", n, first.PID, again.PID)
	}
	slot := w.slotOf("web", 0)
	restart := wire.TargetRequest{Request: wire.Request{ID: "r2"}, Targets: []string{"web"}}
	c := w.act(ActRestart, restart)
	w.awaitCall(wire.OpSignal)
	w.exits(slot, code(0), true)
	pid := c.ok().PID
	if got := w.act(ActRestart, restart).ok().PID; got != pid {
		t.Errorf("restarted again: PID %d, then %d", pid, got)
	}
	if n := w.spawns(); n != 1 {
		t.Errorf("%d programs were started by one restart", n)
	}
}

func TestNotExecuted(t *testing.T) {
	for errno, exit := range map[syscall.Errno]int{syscall.ENOENT: 127, syscall.EACCES: 126, syscall.ENOEXEC: 126} {
		t.Run(errno.Error(), func(t *testing.T) {
			w := runningWorld(t)
			w.refusal = &wire.ShimMessage{Op: wire.OpSpawned, Error: errno.Error(), Errno: int(errno)}
			sp := spec("web")
			sp.Script = "/dev/null" // it is there
			err := w.start(sp).fails(wire.CodeExec)
			if !strings.HasSuffix(err.Message, errno.Error()) {
				t.Errorf("got %+v", err)
			}
			if err.Exit != exit || !strings.Contains(err.Message, `app "web": could not be executed`) {
				t.Errorf("got %+v", err)
			}
			if hint := strings.Contains(err.Hint, "another kind of machine"); hint != (errno == syscall.ENOEXEC) {
				t.Errorf("got hint %q", err.Hint)
			}
			w.calm()
			w.do(func() {
				if len(w.s.apps) != 0 {
					t.Errorf("an app that never ran is kept: %+v", w.s.list())
				}
			})
		})
	}
}

// Why there is no slot is told, and not only that there is none.
func TestNoPipesLeft(t *testing.T) {
	w := runningWorld(t)
	w.noPipes = true
	w.refusal = &wire.ShimMessage{Op: wire.OpSpawned, Error: "there is no slot"}
	if err := w.start(spec("web")).fails(wire.CodeExec); !strings.Contains(err.Message, "too many open files") || err.Exit != 126 {
		t.Errorf("got %+v", err)
	}
}

// An app that was there before stays, and can be started when its file is back.
func TestNotExecutedAgain(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, code(0), true)
	stop.ok()
	w.do(func() { w.refusal = &wire.ShimMessage{Error: "no such file", Errno: int(syscall.ENOENT)} })
	w.target(ActStart, "web").fails(wire.CodeExec)
	w.is("web", wire.Failed)
	w.do(func() { w.refusal = nil })
	w.target(ActStart, "web").ok()
	w.is("web", wire.Online)
}

// A program that is away for a moment, while a new version is laid, is tried again.
func TestNotExecutedAfterARestart(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.advance(time.Minute)
	w.do(func() { w.refusal = &wire.ShimMessage{Error: "no such file", Errno: int(syscall.ENOENT)} })
	w.exits(slot, code(1), true)
	if in := w.look("web"); in.Status != wire.Backoff || in.LastExit.Code != 127 {
		t.Fatalf("got %+v", in)
	}
	w.do(func() { w.refusal = nil })
	w.advance(time.Minute)
	w.is("web", wire.Online)
}

func TestDiesAtOnce(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Output.ErrFile = filepath.Join(t.TempDir(), "err.log")
	if err := os.WriteFile(sp.Output.ErrFile, []byte("old line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dies := make(chan struct{})
	w.settle = func(ctx context.Context, _ int) error {
		<-dies
		return os.ErrProcessDone
	}
	start := w.start(sp)
	w.awaitCall(wire.OpSpawn)
	w.calm()
	f, err := os.OpenFile(sp.Output.ErrFile, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("Error: no module\n    at once\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	w.exits(w.slotOf("web", 0), code(3), true)
	close(dies)
	e := start.result()
	if len(e) != 1 || e[0].Err == nil || e[0].Err.Code != wire.CodeDied {
		t.Fatalf("got %s", tell(e))
	}
	if !strings.Contains(e[0].Err.Message, "exit code 3; next try in 100ms") || !slices.Equal(e[0].Lines, []string{"Error: no module", "    at once"}) {
		t.Errorf("got %s", tell(e))
	}
	w.is("web", wire.Backoff)
}

// Without a min-uptime there is no pause in which its end could be seen.
func TestDiesAtOnceAndIsStartedAtOnce(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Policy.MinUptimeMS = 0
	w.settle = func(context.Context, int) error { return os.ErrProcessDone }
	start := w.start(sp)
	w.awaitCall(wire.OpSpawn)
	w.exits(w.slotOf("web", 0), code(3), true)
	if err := start.fails(wire.CodeDied); !strings.HasPrefix(err.Message, `app "web": ended at once: exit code 3; it is started again`) {
		t.Errorf("got %+v", err)
	}
}

// Nor is one that we decide on: it has not ended by itself.
func TestReplacedInItsFirstMoments(t *testing.T) {
	for _, ready := range []string{"", "notify"} {
		w := runningWorld(t)
		sp := spec("web")
		sp.Ready = ready
		w.settle = func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
		start := w.start(sp)
		w.awaitCall(wire.OpSpawn)
		w.calm()
		w.do(func() { w.s.byName("web").instances[0].replace("app.js changed") })
		w.awaitCall(wire.OpSignal)
		w.exits(w.slotOf("web", 0), signaled(syscall.SIGTERM), true)
		w.awaitCall(wire.OpSpawn)
		if e := start.ok(); e.PID != w.look("web").PID || e.Message != "restarted: app.js changed" {
			t.Errorf("%q: %s", ready, tell([]wire.Event{e}))
		}
	}
}

// Another command's restart is no failure.
func TestRestartedBeforeItIsReady(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Ready = "notify"
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, WaitMS: -1})
	w.awaitCall(wire.OpSpawn)
	w.calm()
	w.target(ActRestart, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(w.slotOf("web", 0), signaled(syscall.SIGTERM), true)
	w.awaitCall(wire.OpSpawn)
	w.calm()
	start.unfinished("before it is ready")
	w.do(func() { in := w.s.byName("web").instances[0]; in.saidReady(in.life) })
	start.ok()
}

// With --wait a program may run for a while before it dies.
func TestDiesBeforeItIsReady(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Ready = "notify"
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, WaitMS: -1})
	w.awaitCall(wire.OpSpawn)
	w.calm()
	w.advance(5 * time.Second)
	w.exits(w.slotOf("web", 0), code(3), true)
	if err := start.fails(wire.CodeDied); !strings.HasPrefix(err.Message, `app "web": ended after 5s: exit code 3; it is started again`) {
		t.Errorf("got %+v", err)
	}
}

// A program that does its work and ends is no failure.
func TestEndsAtOnceWithoutAFailure(t *testing.T) {
	w := runningWorld(t)
	dies := make(chan struct{})
	w.settle = func(context.Context, int) error { <-dies; return os.ErrProcessDone }
	start := w.start(spec("job"))
	w.awaitCall(wire.OpSpawn)
	w.exits(w.slotOf("job", 0), code(0), true)
	close(dies)
	if e := start.ok(); !strings.Contains(e.Message, "ended already, with exit code 0") {
		t.Errorf("got %+v", e)
	}
	w.is("job", wire.Exited)
}

func TestWaitUntilReady(t *testing.T) {
	w := runningWorld(t)
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{spec("web")}, WaitMS: -1})
	w.awaitCall(wire.OpSpawn)
	w.until("a watch of its uptime", func() bool { d, ok := w.clock.Next(); return ok && d == time.Second })
	w.advance(time.Second - time.Nanosecond)
	start.unfinished("before min-uptime")
	w.advance(time.Nanosecond)
	start.ok()
}

func TestWaitThatFails(t *testing.T) {
	w := runningWorld(t)
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{spec("web")}, WaitMS: -1})
	w.awaitCall(wire.OpSpawn)
	w.until("a watch of its uptime", func() bool { d, ok := w.clock.Next(); return ok && d == time.Second })
	w.exits(w.slotOf("web", 0), code(1), true)
	start.fails(wire.CodeDied)
}

func TestWaitTimeout(t *testing.T) {
	w := runningWorld(t)
	sp := spec("slow")
	sp.Policy.MinUptimeMS = 60_000
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, WaitMS: 5_000})
	w.awaitCall(wire.OpSpawn)
	w.until("a watch of its uptime", func() bool { return w.clock.Waiting() == 2 })
	w.advance(5 * time.Second)
	if err := start.fails(wire.CodeNotReady); !strings.Contains(err.Message, "not ready after 5s") {
		t.Errorf("got %+v", err)
	}
	w.is("slow", wire.Online) // it is not punished
}

// What is not ready in time has failed, however often it is tried again.
func TestWaitForWhatIsNotReadyInTime(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Ready, sp.Policy.ListenTimeout = "notify", 90_000
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, WaitMS: -1})
	w.awaitCall(wire.OpSpawn)
	w.calm()
	start.unfinished("before it is late")
	w.advance(90 * time.Second)
	err := start.fails(wire.CodeNotReady)
	if err.Message != `app "web": not ready after 1m30s` || err.Hint == "" {
		t.Errorf("got %+v", err)
	}
	w.awaitCall(wire.OpSignal)
}

// Many programs become ready side by side.
func TestWaitOfMany(t *testing.T) {
	w := runningWorld(t)
	const many = 3 * settling
	sp := spec("web")
	sp.Instances = many
	start := w.startWith(wire.StartRequest{Specs: []wire.Spec{sp}, WaitMS: -1})
	w.until("a watch for each", func() bool { return w.clock.Waiting() >= many })
	w.advance(time.Second)
	start.ok()
}

func TestStartOfSeveral(t *testing.T) {
	w := runningWorld(t)
	w.up(spec("b"))
	events := w.start(spec("a"), spec("b"), spec("c")).result()
	got := map[string]string{}
	for _, e := range events {
		got[e.App] = e.Did
		if e.Err != nil {
			got[e.App] = e.Err.Code
		}
	}
	if len(events) != 3 || got["a"] != didStarted || got["b"] != wire.CodeRunning || got["c"] != didStarted {
		t.Errorf("got %s", tell(events))
	}
}

func TestSameNameTwiceInOneRequest(t *testing.T) {
	w := runningWorld(t)
	c := w.startWith(wire.StartRequest{Request: wire.Request{ID: "r"}, Specs: []wire.Spec{spec("a"), spec("a")}})
	w.receive(c.done, "end")
	events := c.ofType(wire.EventDone)
	if len(events) != 1 || events[0].Err == nil || events[0].Err.Code != wire.CodeUsage || w.spawns() != 0 {
		t.Errorf("got %s", tell(c.events))
	}
}

func TestRefusedSpecs(t *testing.T) {
	for name, change := range map[string]func(*wire.Spec){
		"no name":      func(s *wire.Spec) { s.Name = "" },
		"no script":    func(s *wire.Spec) { s.Script = "" },
		"a signal":     func(s *wire.Spec) { s.Stop.Signal = "SIGNONE" },
		"a policy":     func(s *wire.Spec) { s.Policy.Restart = "allways" },
		"instances":    func(s *wire.Spec) { s.Instances = wire.MaxInstances + 1 },
		"its streams":  func(s *wire.Spec) { s.Output.Direct = true },
		"its streams2": func(s *wire.Spec) { s.Output.Also = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := runningWorld(t)
			sp := spec("web")
			change(&sp)
			c := w.start(spec("good"), sp)
			w.receive(c.done, "end")
			events := c.ofType(wire.EventDone)
			if len(events) != 1 || events[0].Err == nil || events[0].Err.Code != wire.CodeUsage {
				t.Errorf("got %s", tell(c.events))
			}
			if n := w.spawns(); n != 0 {
				t.Errorf("%d programs were started", n)
			}
		})
	}
}

var errDisk = errors.New("write the state: no space left on device")

func TestStateThatCannotBeWritten(t *testing.T) {
	w := runningWorld(t)
	w.written()
	w.mu.Lock()
	w.saveErr = errDisk
	w.mu.Unlock()
	err := w.start(spec("web")).fails(wire.CodeState)
	if !strings.Contains(err.Message, "no space left") || err.Hint == "" {
		t.Errorf("got %+v", err)
	}
	w.do(func() {
		if len(w.s.apps) != 0 {
			t.Errorf("an app that was not started is kept: %+v", w.s.list())
		}
	})
	w.calm()
	var ops []string
	for _, c := range w.did() {
		ops = append(ops, c.op)
	}
	if want := []string{wire.OpOpen, wire.OpClose}; !slices.Equal(ops, want) {
		t.Errorf("the shim was asked to %q, want only that the slot goes again: %q", ops, want)
	}
	if n := strings.Count(w.logged(), "no space left"); n != 1 {
		t.Errorf("the log tells %d times of it, want once:\n%s", n, w.logged())
	}
}

// The same for an app that is known already: the command ends too.
func TestStateThatCannotBeWrittenAgain(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, code(0), true)
	stop.ok()
	w.mu.Lock()
	w.saveErr = errDisk
	w.mu.Unlock()
	w.did()
	w.start(spec("web")).fails(wire.CodeState)
	if n := w.spawns(); n != 0 {
		t.Errorf("%d programs were started", n)
	}
	w.is("web", wire.Stopped)
}

// What --force was to replace runs on.
func TestForceThatCannotBeWritten(t *testing.T) {
	w := runningWorld(t)
	w.up(spec("web"))
	w.written()
	w.mu.Lock()
	w.saveErr = errDisk
	w.mu.Unlock()
	w.startWith(wire.StartRequest{Specs: []wire.Spec{spec("web")}, Force: true}).fails(wire.CodeState)
	w.wantSignals()
	w.is("web", wire.Online)
	w.do(func() {
		if got := w.s.byName("web").desired; got != wire.DesiredRunning {
			t.Errorf("it runs, and is wanted %s", got)
		}
	})
}

// holdSave lets writes of the state wait until the function returned is called.
func (w *world) holdSave() (release func()) {
	w.written()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold = make(chan struct{})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		close(w.hold)
		w.hold = nil
	}
}

// What is stopped or deleted before its start has been written is not started.
func TestStopAndDeleteBeforeTheStartIsWritten(t *testing.T) {
	for action, left := range map[string]int{ActStop: 1, ActDelete: 0} {
		t.Run(action, func(t *testing.T) {
			w := runningWorld(t)
			release := w.holdSave()
			start := w.start(spec("web"))
			w.until("the app", func() bool { return w.s.byName("web") != nil })
			c := w.target(action, "web")
			w.until("what stops it", func() bool { a := w.s.byName("web"); return a == nil || a.desired == wire.DesiredStopped })
			release()
			c.ok()
			start.fails(wire.CodeDied)
			if n := w.spawns(); n != 0 {
				t.Errorf("%d programs were started", n)
			}
			w.do(func() {
				if n := len(w.s.apps); n != left {
					t.Errorf("%d apps are left, want %d", n, left)
				}
			})
		})
	}
}

// The shim is gone, and this supervisor is about to take its place: that is no
// failure of the program, and the next supervisor starts it.
func TestShimGoneDuringStart(t *testing.T) {
	w := runningWorld(t)
	w.broken = errors.New("broken pipe")
	start := w.start(spec("web"))
	w.until("its state on disk", func() bool {
		a := w.s.byName("web")
		return a != nil && a.instances[0].state == Starting
	})
	w.written()
	start.unfinished("though nothing was started")
	if st := w.disk(); st.Apps[0].Instances[0].Status != wire.Starting {
		t.Errorf("on disk: %+v", st.Apps[0].Instances[0])
	}
}

// What goes along with a program: who it is, and nothing that is not its own.
func TestEnvironment(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Instances = 2
	sp.Env = []string{"A=b", "PATH=/bin", "FOREVER_UID=stranger", "name=other", "naming=stays"}
	w.start(sp).ok()
	slot := w.slotOf("web", 1)
	w.mu.Lock()
	env := w.slots[slot].plan.Env
	w.mu.Unlock()
	uid, _, _ := strings.Cut(slot, ":")
	want := []string{
		"A=b", "PATH=/bin", "naming=stays",
		"FOREVER_ROOT=" + w.s.root, "FOREVER_UID=" + uid, "FOREVER_INSTANCE=1", "FOREVER_SLOT=" + w.s.apps[0].uid + ":1",
		"FOREVER_APP=web", "FOREVER_ID=0", "NODE_APP_INSTANCE=1", "pm_id=0", "name=web",
	}
	if !slices.Equal(env, want) {
		t.Errorf("got  %v\nwant %v", env, want)
	}
}
