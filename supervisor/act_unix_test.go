//go:build unix

package supervisor

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

func TestSeveralTargetsOneUnknown(t *testing.T) {
	w := runningWorld(t)
	slots := []string{w.up(spec("a")), w.up(spec("b"))}
	stop := w.target(ActStop, "a", "nobody", "b")
	for _, slot := range slots {
		w.awaitCall(wire.OpSignal)
		w.exits(slot, code(0), true)
	}
	var got []string
	for _, e := range stop.result() {
		if e.Err != nil {
			got = append(got, e.Err.Code)
			continue
		}
		got = append(got, e.App+" "+e.Did)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"a stopped", "b stopped", wire.CodeNoTarget}) {
		t.Errorf("got %v", got)
	}
}

func TestStopOfWhatDoesNotRun(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("job"))
	w.exits(slot, code(0), true)
	w.is("job", wire.Exited)
	if e := w.target(ActStop, "job").ok(); e.Message != "was not running" {
		t.Errorf("got %+v", e)
	}
	w.is("job", wire.Stopped)
}

// What a stop has said is true for whoever supervises next.
func TestStopIsOnDiskWhenItSaysSo(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	release := w.holdSave()
	stop := w.target(ActStop, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, code(0), true)
	w.is("web", wire.Stopped)
	stop.unfinished("before its state was written")
	release()
	stop.ok()
	if got := w.disk().Apps[0].Desired; got != pidfile.Stopped {
		t.Errorf("wanted on disk: %s", got)
	}
}

func TestDelete(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.up(spec("other"))
	del := w.target(ActDelete, "web")
	w.awaitCall(wire.OpSignal)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	if e := del.ok(); e.Did != didDeleted {
		t.Errorf("got %+v", e)
	}
	w.awaitCall(wire.OpClose)
	if st := w.disk(); len(st.Apps) != 1 || st.Apps[0].Name != "other" {
		t.Errorf("on disk: %+v", st.Apps)
	}
	w.target(ActDelete, "web").fails(wire.CodeNoTarget)
}

func TestDeleteOfWhatRests(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.exits(slot, code(1), true) // in backoff
	w.target(ActDelete, "web").ok()
	w.do(func() {
		if len(w.s.apps) != 0 || w.s.nextID != 0 {
			t.Errorf("left: %v, the next id is %d", w.s.list(), w.s.nextID)
		}
	})
}

// What is being deleted is not brought back, or both commands would wait for ever.
func TestRestartOfWhatIsBeingDeleted(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	del := w.target(ActDelete, "web")
	w.awaitCall(wire.OpSignal)
	for _, action := range []string{ActRestart, ActStart, ActReload, ActScale} {
		err := w.act(action, wire.TargetRequest{Targets: []string{"web"}, Instances: "+1"}).fails(wire.CodeRunning)
		if !strings.Contains(err.Message, "is being deleted") {
			t.Errorf("%s: got %+v", action, err)
		}
	}
	w.exits(slot, signaled(syscall.SIGTERM), true)
	del.ok()
}

// Who names one instance does not mean the others.
func TestDeleteOfOneInstanceOfSeveral(t *testing.T) {
	w := runningWorld(t)
	sp := spec("two words")
	sp.Instances = 2
	w.start(sp).ok()
	err := w.target(ActDelete, "two words:1").fails(wire.CodeUsage)
	if want := "forever scale 'two words' -1, or forever stop 'two words:1'"; !strings.Contains(err.Hint, want) {
		t.Errorf("hint %q is without %q", err.Hint, want)
	}
	w.wantSignals()
	if n := len(w.s.Apps()[0].Instances); n != 2 {
		t.Errorf("%d instances are left", n)
	}
	w.up(spec("one"))
	del := w.target(ActDelete, "one:0")
	w.awaitCall(wire.OpSignal)
	w.exits(w.slotOf("one", 0), code(0), true)
	del.ok()
}

// A name that is a number might be another app's id.
func TestHintsCanBePasted(t *testing.T) {
	w := runningWorld(t)
	for id, tt := range []struct{ name, word string }{{"web-2", "web-2"}, {"0", "1"}, {"it's", `'it'\''s'`}} {
		w.up(spec(tt.name))
		err := w.start(spec(tt.name)).fails(wire.CodeRunning)
		if want := "forever restart " + tt.word + ";"; !strings.HasPrefix(err.Hint, want) {
			t.Errorf("%s (id %d): hint %q does not begin with %q", tt.name, id, err.Hint, want)
		}
	}
}

func TestSignal(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	pid := w.look("web").PID
	e := w.act(ActSignal, wire.TargetRequest{Targets: []string{"web"}, Signal: "USR2"}).ok()
	if e.Did != didSignalled || e.PID != pid {
		t.Errorf("got %+v", e)
	}
	w.wantSignals(syscall.SIGUSR2)
	w.act(ActSignal, wire.TargetRequest{Targets: []string{"web"}}).fails(wire.CodeUsage)
	w.exits(slot, code(0), true)
	w.act(ActSignal, wire.TargetRequest{Targets: []string{"web"}, Signal: "USR2"}).fails(wire.CodeNoTarget)
	c := w.act(ActSignal, wire.TargetRequest{Targets: []string{"web"}, Signal: "NONE"})
	w.receive(c.done, "end")
	if events := c.ofType(wire.EventDone); len(events) != 1 || events[0].Err.Code != wire.CodeUsage {
		t.Errorf("got %s", tell(c.events))
	}
}

func TestOneInstance(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Instances = 3
	w.start(sp).ok()
	w.did()
	stop := w.target(ActStop, "web:1")
	c := w.awaitCall(wire.OpSignal)
	if c.slot != w.slotOf("web", 1) {
		t.Fatalf("slot %s was signalled", c.slot)
	}
	w.exits(c.slot, code(0), true)
	if e := stop.ok(); e.Instance != 1 {
		t.Errorf("got %+v", e)
	}
	var states []string
	for i := range 3 {
		states = append(states, w.lookAt("web", i).Status)
	}
	if !slices.Equal(states, []string{wire.Online, wire.Stopped, wire.Online}) {
		t.Errorf("got %v", states)
	}
	w.do(func() {
		if got := w.s.byName("web").desired; got != wire.DesiredRunning {
			t.Errorf("the app is wanted %s", got)
		}
	})
	if e := w.target(ActStart, "web:1").ok(); e.Instance != 1 {
		t.Errorf("got %+v", e)
	}
	w.target(ActStop, "web:7").fails(wire.CodeNoTarget)
}

func TestRestartTakesTheCallersEnvironment(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.Env = []string{"A=old"}
	slot := w.up(sp)
	for _, tt := range []struct {
		env  []string
		want string
	}{{nil, "A=old"}, {[]string{"A=new"}, "A=new"}, {nil, "A=new"}} {
		restart := w.act(ActRestart, wire.TargetRequest{Targets: []string{"web"}, Env: tt.env})
		w.awaitCall(wire.OpSignal)
		w.exits(slot, code(0), true)
		restart.ok()
		w.mu.Lock()
		got := w.slots[slot].plan.Env[0]
		w.mu.Unlock()
		if got != tt.want {
			t.Errorf("with %v: %s, want %s", tt.env, got, tt.want)
		}
	}
	w.written()
	if raw := string(w.disk().Apps[0].Spec); !strings.Contains(raw, "A=new") {
		t.Errorf("on disk: %s", raw)
	}
}

// A restart of what is just being started, and cannot be.
func TestRestartDuringAStartThatFails(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.exits(slot, code(0), true)
	w.calm()
	w.do(func() { w.manual = true })
	start := w.target(ActStart, "web")
	w.awaitCall(wire.OpSpawn)
	restart := w.act(ActRestart, wire.TargetRequest{Request: wire.Request{ID: "r"}, Targets: []string{"web"}})
	w.until("the restart", func() bool { return w.s.byName("web").request == "r" })
	w.spawnFails(slot, syscall.ENOENT)
	start.fails(wire.CodeExec)
	restart.fails(wire.CodeExec)
}

func TestReset(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	for range 3 {
		w.exits(slot, code(1), true)
		w.nextTry()
	}
	w.target(ActReset, "web").ok()
	if in := w.look("web"); in.Restarts != 0 || in.Status != wire.Online {
		t.Errorf("got %+v", in)
	}
	w.exits(slot, code(1), true)
	if in := w.look("web"); in.NextTryMS != 100 {
		t.Errorf("the next wait is %d ms, want the shortest", in.NextTryMS)
	}
}

func TestUnknownAction(t *testing.T) {
	w := runningWorld(t)
	w.up(spec("web"))
	w.target("dance", "web").fails(wire.CodeUsage)
}

// The first command after a damaged state file is told of it, and no other.
func TestDamagedStateIsToldOnce(t *testing.T) {
	w := newWorld(t)
	w.s.active = 1
	w.s.Adopt(nil, errors.New("state.json:3: not JSON; a copy is in state.json.damaged"), nil)
	w.run()
	first := w.start(spec("web"))
	first.ok()
	if got := first.ofType(wire.EventWarning); len(got) != 1 || !strings.Contains(got[0].Message, "state.json:3") {
		t.Errorf("the first command was told %s", tell(got))
	}
	second := w.target(ActReset, "web")
	second.ok()
	if got := second.ofType(wire.EventWarning); len(got) != 0 {
		t.Errorf("the second was told %s", tell(got))
	}
	if !strings.Contains(w.logged(), "state.json:3") {
		t.Error("the log does not tell")
	}
}

// An app of forever run stays long enough for its client to ask, and no longer.
func TestForegroundLingers(t *testing.T) {
	w := runningWorld(t)
	sp := spec("run")
	sp.Foreground = true
	slot := w.up(sp)
	w.exits(slot, code(5), true)
	w.advance(time.Hour) // the policy starts it again
	w.exits(slot, code(0), true)
	w.is("run", wire.Exited)
	w.advance(lingerTime - time.Nanosecond)
	w.is("run", wire.Exited)
	w.advance(time.Nanosecond)
	w.do(func() {
		if w.s.byName("run") != nil {
			t.Error("it is still there")
		}
	})
}

// One that was started again meanwhile has its time anew.
func TestForegroundLingersAgain(t *testing.T) {
	w := runningWorld(t)
	sp := spec("run")
	sp.Foreground = true
	slot := w.up(sp)
	w.exits(slot, code(0), true)
	w.advance(2 * time.Second)
	w.target(ActStart, "run").ok()
	w.exits(slot, code(0), true)
	w.advance(2 * time.Second)
	w.is("run", wire.Exited)
	w.advance(time.Second)
	w.do(func() {
		if w.s.byName("run") != nil {
			t.Error("it is still there")
		}
	})
}

// Its client's streams are kept by the shim for as long as the app is there.
func TestForegroundStreams(t *testing.T) {
	w := runningWorld(t)
	sp := spec("run")
	sp.Foreground, sp.Output.Direct = true, true
	var streams []*os.File
	for range 2 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, f)
	}
	w.client("run", func(emit func(wire.Event)) {
		w.s.Start(w.ctx, wire.StartRequest{Specs: []wire.Spec{sp}}, streams, emit)
	}).ok()
	if err := streams[0].Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the client's stream was not closed: %v", err)
	}
	slot := w.slotOf("run", 0)
	uid, _, _ := strings.Cut(slot, ":")
	w.mu.Lock()
	plan := w.slots[slot].plan
	w.mu.Unlock()
	if plan.Out != "held:"+uid+"/out" || plan.Err != "held:"+uid+"/err" {
		t.Errorf("it writes to %q and %q", plan.Out, plan.Err)
	}
	w.did()
	w.exits(slot, code(0), true)
	w.advance(lingerTime)
	var dropped []string
	for _, c := range w.did() {
		if c.op == wire.OpDrop {
			dropped = append(dropped, c.slot)
		}
	}
	if !slices.Equal(dropped, []string{uid + "/out", uid + "/err"}) {
		t.Errorf("dropped %v", dropped)
	}
}

// The pair ends when nothing runs or is about to, no command is under way, and
// everything is on disk; and not a moment earlier.
func TestQuit(t *testing.T) {
	w := fresh(t)
	ended := w.run()
	w.do(func() {}) // nothing to do, but a client is about to come
	slot := w.up(spec("web"))
	select {
	case err := <-ended:
		t.Fatalf("ended with a program running: %v", err)
	default:
	}
	release := w.holdSave()
	w.exits(slot, code(1), true)
	w.is("web", wire.Backoff)
	stop := w.target(ActStop, "web")
	w.until("stopped", func() bool { return w.s.byName("web").instances[0].state == Stopped })
	stop.unfinished("before its state was written")
	release()
	stop.ok()
	if err := w.receive(ended, "end of the loop"); !errors.Is(err, ErrQuit) {
		t.Errorf("ended with %v, want ErrQuit", err)
	}
	if w.s.ask(func() {}) {
		t.Error("a loop that has ended carried something out")
	}
	w.s.Flush()
}

// Without a first command the wait is bounded.
func TestQuitWithoutACommand(t *testing.T) {
	w := fresh(t)
	ended := w.run()
	w.written()
	w.clock.Advance(firstCommand)
	if err := w.receive(ended, "end of the loop"); !errors.Is(err, ErrQuit) {
		t.Errorf("ended with %v, want ErrQuit", err)
	}
}

func TestShutdownKeepsWhatIsWanted(t *testing.T) {
	w := fresh(t)
	ended := w.run()
	slots := []string{w.up(spec("a")), w.up(spec("b"))}
	w.s.Shutdown()
	for _, slot := range slots {
		w.awaitCall(wire.OpSignal)
		w.exits(slot, signaled(syscall.SIGTERM), true)
	}
	if err := w.receive(ended, "end of the loop"); !errors.Is(err, ErrQuit) {
		t.Errorf("ended with %v, want ErrQuit", err)
	}
	for _, a := range w.disk().Apps {
		if a.Desired != pidfile.Running || a.Instances[0].Status != wire.Stopped {
			t.Errorf("on disk: %+v", a)
		}
	}
}

func TestUpdate(t *testing.T) {
	w := fresh(t)
	ended := w.run()
	w.up(spec("web"))
	w.client("update", func(emit func(wire.Event)) { w.s.Update(w.ctx, "/new", emit) })
	w.awaitCall(wire.OpUpdate)
	if err := w.receive(ended, "end of the loop"); !errors.Is(err, ErrUpdate) {
		t.Errorf("ended with %v, want ErrUpdate", err)
	}
	if st := w.disk(); st.Apps[0].Instances[0].Status != wire.Online {
		t.Errorf("on disk: %+v", st.Apps[0])
	}
}

func TestUpdateRefusedByTheShim(t *testing.T) {
	w := runningWorld(t)
	w.refusal = &wire.ShimMessage{Error: "execute /new: permission denied"}
	c := w.client("update", func(emit func(wire.Event)) { w.s.Update(w.ctx, "/new", emit) })
	if err := c.fails(wire.CodeInternal); !strings.Contains(err.Message, "permission denied") {
		t.Errorf("got %+v", err)
	}
}

// The supervisor that follows an update tells the client how it went, once.
func TestUpdateResult(t *testing.T) {
	for _, failure := range []string{"", "/new did not come up"} {
		w := runningWorld(t)
		w.do(func() { w.s.UpdateRequest, w.s.UpdateError = "/new", failure })
		c := w.client("update", func(emit func(wire.Event)) { w.s.Update(w.ctx, "/new", emit) })
		if failure == "" {
			if e := c.ok(); e.Did != "updated" {
				t.Errorf("got %+v", e)
			}
		} else if err := c.fails(wire.CodeInternal); !strings.Contains(err.Message, failure) {
			t.Errorf("got %+v", err)
		}
		w.client("update", func(emit func(wire.Event)) { w.s.Update(w.ctx, "/new", emit) })
		w.awaitCall(wire.OpUpdate) // a second one is an update of its own
	}
}

func TestWatch(t *testing.T) {
	w := runningWorld(t)
	watch := w.client("watch", func(emit func(wire.Event)) { w.s.Watch(w.ctx, emit) })
	w.until("the watch", func() bool { return len(watch.ofType(wire.EventWatching)) == 1 })
	slot := w.up(spec("web"))
	w.exits(slot, code(1), true)
	w.target(ActDelete, "web").ok()
	states := func() (all []string) {
		for _, e := range watch.ofType(wire.EventState) {
			all = append(all, e.State)
		}
		return all
	}
	w.until("all of it", func() bool { return slices.Contains(states(), wire.Deleted) })
	want := []string{wire.Starting, wire.Online, wire.Backoff, wire.Stopped, wire.Deleted}
	if got := states(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// An event that was sent says the same for ever.
func TestEventsAreCopies(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	w.exits(slot, code(1), true)
	w.do(func() {
		in := w.s.byName("web").instances[0]
		e := in.event(nil)
		in.exits[0].Reason = "changed"
		if e.Exit.Reason != "exit code 1" {
			t.Error("an event's exit is the instance's own")
		}
	})
}

// What came before a command is not of it: an instance that went up a moment
// ago does not make a stop believe that somebody started it again.
func TestOldEventsAreNotOfACommand(t *testing.T) {
	w := runningWorld(t)
	slot := w.up(spec("web"))
	begun, goOn := make(chan struct{}), make(chan struct{})
	w.s.post(func() { close(begun); <-goOn })
	<-begun
	stop := w.target(ActStop, "web")
	for subscribed := false; !subscribed; {
		w.s.subsMu.Lock()
		subscribed = len(w.s.subs) > 0
		w.s.subsMu.Unlock()
	}
	w.s.post(func() { w.s.bySlot(slot).publish(nil) })
	w.s.subsMu.Lock()
	for sub := range w.s.subs { // as the policy's restart a moment ago would have
		sub.add(wire.Event{Type: wire.EventState, State: wire.Starting})
	}
	w.s.subsMu.Unlock()
	close(goOn)
	w.awaitCall(wire.OpSignal)
	w.calm()
	stop.unfinished("by an event that came before it")
	w.exits(slot, code(0), true)
	if e := stop.ok(); e.Message != "" {
		t.Errorf("got %+v", e)
	}
}
