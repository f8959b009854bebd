//go:build unix

package supervisor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

const (
	wantUp   = wire.DesiredRunning
	wantDown = wire.DesiredStopped
)

// finding is what a supervisor that begins finds of one app.
type finding struct {
	status  string // in the state file
	desired string
	then    string // what a command wanted after its end
	pid     int    // in the state file; 0: none
	boot    string // of that PID; empty: this one
	known   []wire.Exit
	nextTry time.Duration // from now

	noSlot bool // the shim holds nothing of it
	sweeps bool // the test finishes what is swept
	live   int  // the process that the shim holds; 0: none
	exits  []wire.ShimExit
	note   *counters
}

// adopt lets a supervisor begin there.
func adopt(t *testing.T, f finding) *world {
	t.Helper()
	w := newWorld(t)
	w.s.active, w.leaving = 1, f.sweeps
	sp := spec("web")
	raw, err := json.Marshal(sp)
	if err != nil {
		t.Fatal(err)
	}
	in := pidfile.Instance{Status: f.status, Runs: 3, Restarts: 2, Short: 1, Then: f.then}
	if f.pid != 0 {
		in.Process = pidfile.Process{PID: f.pid, Start: uint64(f.pid) * 10, Boot: thisBoot}
		in.StartedAt = dawn.Add(-time.Hour)
	}
	if f.boot != "" {
		in.Process.Boot = f.boot
	}
	if f.nextTry != 0 {
		in.NextTry = dawn.Add(f.nextTry)
	}
	if f.known != nil {
		in.Exits, _ = json.Marshal(f.known)
	}
	boot := thisBoot
	if f.boot != "" {
		boot = f.boot
	}
	st := &pidfile.State{
		NextID: 5, Boot: boot, Shim: pidfile.Process{PID: 1, Boot: boot},
		Apps: []pidfile.App{{
			ID: 4, UID: "u", Name: "web", Namespace: "default", Desired: f.desired, Spec: raw,
			Instances: []pidfile.Instance{in},
		}},
	}
	w.s.Adopt(st, nil, w.inventory(f))
	w.run()
	return w
}

// inventory is what the shim tells, and what it does from then on.
func (w *world) inventory(f finding) []*wire.ShimMessage {
	if f.noSlot {
		return nil
	}
	m := &wire.ShimMessage{Op: wire.OpSlot, Slot: "u:0", Streams: []string{streamOut, streamErr}, PID: f.live, Exits: f.exits}
	if f.live != 0 {
		m.Start, m.At = uint64(f.live)*10, dawn.Add(-time.Minute)
	}
	if f.note != nil {
		m.Note, _ = json.Marshal(f.note)
	}
	w.slots["u:0"] = &fakeSlot{pid: f.live}
	return []*wire.ShimMessage{m}
}

// asked are the shim's calls that change a program's life.
func (w *world) asked() string {
	w.calm()
	var ops []string
	for _, c := range w.did() {
		switch c.op {
		case wire.OpSpawn:
			ops = append(ops, "spawn")
		case wire.OpSignal:
			ops = append(ops, fmt.Sprintf("signal %d", c.sig))
		}
	}
	return strings.Join(ops, ", ")
}

// endOf is the end of a process as the shim tells it, recorded as the file does.
func endOf(pid int, status syscall.WaitStatus) wire.ShimExit {
	return wire.ShimExit{PID: pid, Start: uint64(pid) * 10, Status: uint32(status), Known: true, At: dawn.Add(-time.Second), Alone: true}
}

func recorded(pid, code int) []wire.Exit {
	return []wire.Exit{{PID: pid, Code: code, At: wire.Moment{Time: dawn.Add(-time.Second)}, RanMS: 3_600_000}}
}

// adoptions is all that a supervisor may find, and what comes of it.
var adoptions = []struct {
	name string
	finding
	state string // that it comes to
	does  string // what the shim was asked for
	code  int    // of the last exit; -2: there is none
}{
	{"runs on", finding{status: "online", desired: wantUp, pid: 7, live: 7}, "online", "", -2},
	{"was started and not yet recorded", finding{status: "starting", desired: wantUp, live: 7}, "online", "", -2},
	{"was to be started, from rest", finding{status: "stopped", desired: wantUp, live: 7}, "online", "", -2},
	{"was restarted and not yet recorded", finding{status: "backoff", desired: wantUp, live: 8, exits: []wire.ShimExit{endOf(7, code(2))}}, "online", "", 2},
	{"was restarted at once and not yet recorded", finding{status: "online", desired: wantUp, pid: 7, live: 8, exits: []wire.ShimExit{endOf(7, code(2))}}, "online", "", 2},
	{"is to stop", finding{status: "stopping", desired: wantDown, pid: 7, live: 7}, "stopping", "signal 15", -2},
	{"is to stop and was not asked", finding{status: "online", desired: wantDown, pid: 7, live: 7}, "stopping", "signal 15", -2},
	{"is to be restarted", finding{status: "stopping", desired: wantUp, then: wantUp, pid: 7, live: 7}, "stopping", "signal 15", -2},
	{"one of several, is to stop", finding{status: "stopping", desired: wantUp, then: wantDown, pid: 7, live: 7}, "stopping", "signal 15", -2},
	{"one of several, was to stop and has ended", finding{status: "stopping", desired: wantUp, then: wantDown, pid: 7, exits: []wire.ShimExit{endOf(7, code(1))}}, "stopped", "", 1},
	{"one of several, was to stop and has gone", finding{status: "stopping", desired: wantUp, then: wantDown, pid: 7, noSlot: true}, "stopped", "", -1},
	{"was to be restarted and has ended well", finding{status: "stopping", desired: wantUp, then: wantUp, pid: 7, exits: []wire.ShimExit{endOf(7, code(0))}}, "online", "spawn", 0},
	{"was to be restarted and has gone with its shim", finding{status: "stopping", desired: wantUp, then: wantUp, pid: 7, noSlot: true}, "online", "spawn", -1},
	{"was being cleared away after a short run", finding{status: "stopping", desired: wantUp, known: recorded(7, 1)}, "backoff", "", 1},
	{"was being cleared away after it had ended well", finding{status: "stopping", desired: wantUp, known: recorded(7, 0)}, "exited", "", 0},

	{"was to be started", finding{status: "starting", desired: wantUp}, "online", "spawn", -2},
	{"was to be started, without a slot", finding{status: "starting", desired: wantUp, noSlot: true}, "online", "spawn", -2},
	{"was to be started, after an exit that is known", finding{status: "starting", desired: wantUp, known: recorded(7, 2), exits: []wire.ShimExit{endOf(7, code(2))}}, "online", "spawn", 2},
	{"was started and has failed already", finding{status: "starting", desired: wantUp, exits: []wire.ShimExit{endOf(7, code(2))}}, "backoff", "", 2},
	{"was to be started, from rest, and has failed already", finding{status: "stopped", desired: wantUp, exits: []wire.ShimExit{endOf(7, code(2))}}, "backoff", "", 2},

	{"has failed after a long run", finding{status: "online", desired: wantUp, pid: 7, exits: []wire.ShimExit{endOf(7, code(2))}}, "online", "spawn", 2},
	{"has ended well", finding{status: "online", desired: wantUp, pid: 7, exits: []wire.ShimExit{endOf(7, code(0))}}, "exited", "", 0},
	{"has gone, nobody knows how", finding{status: "online", desired: wantUp, pid: 7}, "online", "spawn", -1},
	{"has gone with its shim", finding{status: "online", desired: wantUp, pid: 7, noSlot: true}, "online", "spawn", -1},
	{"was to stop and has ended", finding{status: "stopping", desired: wantDown, pid: 7, exits: []wire.ShimExit{endOf(7, code(0))}}, "stopped", "", 0},
	{"was to stop and has gone", finding{status: "stopping", desired: wantDown, pid: 7}, "stopped", "", -2},
	{"was to stop and has gone with its shim", finding{status: "online", desired: wantDown, pid: 7, noSlot: true}, "stopped", "", -2},
	{"was cleared away, after its end was recorded", finding{status: "stopping", desired: wantDown, known: recorded(7, 0), exits: []wire.ShimExit{endOf(7, code(0))}}, "stopped", "", 0},

	{"waits for its next try", finding{status: "backoff", desired: wantUp, nextTry: time.Second, known: recorded(7, 2)}, "backoff", "", 2},
	{"waits, and its exit was not forgotten", finding{status: "backoff", desired: wantUp, nextTry: time.Second, known: recorded(7, 2), exits: []wire.ShimExit{endOf(7, code(2))}}, "backoff", "", 2},
	{"has waited long enough", finding{status: "backoff", desired: wantUp, nextTry: -time.Second, known: recorded(7, 2)}, "backoff", "", 2},
	{"waited, was started, and has failed again", finding{status: "backoff", desired: wantUp, nextTry: -time.Second, exits: []wire.ShimExit{endOf(7, code(9))}}, "backoff", "", 9},
	{"waited and is to stop", finding{status: "backoff", desired: wantDown, nextTry: time.Second}, "stopped", "", -2},

	{"rests", finding{status: "stopped", desired: wantDown}, "stopped", "", -2},
	{"rests without a slot", finding{status: "stopped", desired: wantDown, noSlot: true}, "stopped", "", -2},
	{"has ended well before", finding{status: "exited", desired: wantUp, known: recorded(7, 0), exits: []wire.ShimExit{endOf(7, code(0))}}, "exited", "", 0},
	{"has failed before", finding{status: "failed", desired: wantUp, known: recorded(7, 2), noSlot: true}, "failed", "", 2},

	{"ran before the machine was restarted", finding{status: "online", desired: wantUp, pid: 7, boot: "boot-0", noSlot: true}, "stopped", "", -2},
	{"waited before the machine was restarted", finding{status: "backoff", desired: wantUp, boot: "boot-0", nextTry: time.Second, noSlot: true}, "stopped", "", -2},
	{"was to stop before the machine was restarted", finding{status: "stopping", desired: wantDown, pid: 7, boot: "boot-0", noSlot: true}, "stopped", "", -2},
}

func TestAdopt(t *testing.T) {
	for _, tt := range adoptions {
		t.Run(tt.name, func(t *testing.T) {
			w := adopt(t, tt.finding)
			w.calm()
			in := w.look("web")
			if in.Status != tt.state {
				t.Errorf("it is %s, want %s", in.Status, tt.state)
			}
			if got := w.asked(); got != tt.does {
				t.Errorf("the shim was asked to %q, want %q", got, tt.does)
			}
			last := -2
			if in.LastExit != nil {
				last = in.LastExit.Code
			}
			if last != tt.code {
				t.Errorf("its last exit is %d, want %d", last, tt.code)
			}
			if n := len(in.Exits); n > 1 {
				t.Errorf("one end is told %d times: %+v", n, in.Exits)
			}
		})
	}
}

// What was asked for before the supervisor died is finished by the next.
func TestAdoptFinishesARestart(t *testing.T) {
	w := adopt(t, finding{status: "stopping", desired: wantUp, then: wantUp, pid: 7, live: 7})
	w.exits("u:0", signaled(syscall.SIGTERM), true)
	w.is("web", wire.Online)
	if got := w.asked(); got != "signal 15, spawn" {
		t.Errorf("the shim was asked to %q", got)
	}
}

func TestAdoptedBackoffGoesOn(t *testing.T) {
	w := adopt(t, finding{status: "backoff", desired: wantUp, nextTry: 700 * time.Millisecond})
	w.advance(700*time.Millisecond - 1)
	w.is("web", wire.Backoff)
	w.advance(1)
	w.is("web", wire.Online)
	w = adopt(t, finding{status: "backoff", desired: wantUp, nextTry: -time.Hour})
	w.advance(0)
	w.is("web", wire.Online)
}

// With both processes dead, the latest try is not known perhaps, nor are its children.
func TestAdoptedBackoffIsCleared(t *testing.T) {
	w := adopt(t, finding{
		status: "backoff", desired: wantUp, nextTry: 700 * time.Millisecond, noSlot: true, sweeps: true,
		known: []wire.Exit{{PID: 7, Code: 1}},
	})
	w.is("web", wire.Stopping)
	stop := w.target(ActStop, "web")
	w.until("the stop", func() bool { return w.s.byName("web").desired == wire.DesiredStopped })
	stop.unfinished("before its children had")
	w.swept(Swept{Killed: true})
	stop.ok()
	w.is("web", wire.Stopped)
}

// Nor is it known whether a reload had brought the instance to its other slot.
func TestAdoptClearsBothSlots(t *testing.T) {
	w := newWorld(t)
	w.s.active, w.leaving = 1, true
	sp := spec("web")
	sp.Cluster = true
	raw, _ := json.Marshal(sp)
	w.s.Adopt(&pidfile.State{Boot: thisBoot, Shim: pidfile.Process{PID: 1 << 30}, Apps: []pidfile.App{{
		UID: "u", Name: "web", Desired: wantDown, Spec: raw, Instances: []pidfile.Instance{{
			Status: "stopping", Then: wantDown, Process: pidfile.Process{PID: 1 << 30, Start: 7, Boot: thisBoot},
		}},
	}}}, nil, nil)
	w.run()
	stop := w.target(ActStop, "web")
	var slots []string
	w.until("both sweeps", func() bool { return len(w.s.byName("web").others) == 1 && w.commands() > 0 })
	for range 2 {
		w.mu.Lock()
		slots = append(slots, w.sweeps[0].r.Marks[3])
		w.mu.Unlock()
		stop.unfinished("before both are empty")
		w.swept(Swept{Killed: true})
	}
	if !slices.Equal(slots, []string{"FOREVER_SLOT=u:0b", "FOREVER_SLOT=u:0"}) {
		t.Errorf("swept were %q", slots)
	}
	if events := stop.result(); len(events) != 1 || events[0].Err != nil {
		t.Errorf("stop: %s", tell(events))
	}
	w.is("web", wire.Stopped)
	w.do(func() {
		if n := len(w.s.byName("web").others); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

// And it has not waited in vain until then.
func TestAdoptedBackoffGoesOnWhenItIsCleared(t *testing.T) {
	for left, want := range map[time.Duration]time.Duration{700 * time.Millisecond: 400 * time.Millisecond, -time.Second: 0} {
		w := adopt(t, finding{
			status: "backoff", desired: wantUp, nextTry: left, noSlot: true, sweeps: true,
			known: []wire.Exit{{PID: 7, Code: 1}},
		})
		w.is("web", wire.Stopping)
		w.advance(300 * time.Millisecond)
		w.swept(Swept{Killed: true})
		w.calm()
		if want > 0 {
			w.advance(want - 1)
			w.is("web", wire.Backoff)
			w.advance(1)
		}
		w.advance(0)
		w.is("web", wire.Online)
	}
}

// Counters that went with a process are newer than those of the file.
func TestAdoptedCounters(t *testing.T) {
	for _, tt := range []struct {
		name string
		note *counters
		want counters
	}{
		{"no note", nil, counters{Runs: 3, Restarts: 2, Streak: 1}},
		{"newer", &counters{Runs: 5, Restarts: 4, Streak: 3}, counters{Runs: 5, Restarts: 4, Streak: 3}},
		{"the same", &counters{Runs: 3, Restarts: 2, Streak: 1}, counters{Runs: 3, Restarts: 2, Streak: 1}},
		{"older", &counters{Runs: 2, Restarts: 1, Streak: 0}, counters{Runs: 3, Restarts: 2, Streak: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := adopt(t, finding{status: "online", desired: wantUp, pid: 7, live: 7, note: tt.note})
			w.do(func() {
				in := w.s.byName("web").instances[0]
				if got := (counters{Runs: in.runs, Restarts: in.restarts, Streak: in.streak}); got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

// An exit is kept by the shim until it is on disk here.
func TestAdoptedExitsAreForgottenWhenWritten(t *testing.T) {
	at := dawn.Add(-time.Second)
	exits := []wire.ShimExit{{PID: 5, Status: 1 << 8, Known: true, At: at}, {PID: 6, Status: 2 << 8, Known: true, At: at, Alone: true}}
	w := adopt(t, finding{status: "online", desired: wantUp, pid: 5, exits: exits})
	w.written()
	if st := w.disk(); !strings.Contains(string(st.Apps[0].Instances[0].Exits), `"pid":6`) {
		t.Errorf("on disk: %s", st.Apps[0].Instances[0].Exits)
	}
	var forgotten []int
	for _, c := range w.did() {
		if c.op == wire.OpForget {
			forgotten = append(forgotten, c.pid)
		}
	}
	slices.Sort(forgotten)
	if !slices.Equal(forgotten, []int{5, 6}) {
		t.Errorf("forgotten: %v", forgotten)
	}
	if in := w.look("web"); len(in.Exits) != 2 || in.Exits[0].Code != 2 || in.Exits[1].Code != 1 {
		t.Errorf("exits: %+v", in.Exits)
	}
}

// Fields of a newer forever's state file are written again.
func TestAdoptKeepsWhatItDoesNotKnow(t *testing.T) {
	const file = `{"version":9,"next_id":3,"later":{"a":1},"shim":{"pid":1},"apps":[
		{"id":2,"uid":"u","name":"web","desired":"stopped","colour":"red","instances":[{"index":0,"status":"dreaming"}],"spec":{"name":"web","script":"/x"}}]}`
	st := new(pidfile.State)
	if err := json.Unmarshal([]byte(file), st); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.s.active = 1
	w.s.Adopt(st, nil, nil)
	w.run()
	w.written()
	data, err := json.Marshal(w.disk())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"later":{"a":1}`, `"colour":"red"`, `"next_id":3`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is lost: %s", want, data)
		}
	}
	w.is("web", wire.Stopped)
}

// One spec that cannot be read costs that app alone.
func TestAdoptWithoutOneSpec(t *testing.T) {
	good, _ := json.Marshal(spec("good"))
	w := newWorld(t)
	w.s.active = 1
	w.s.Adopt(&pidfile.State{Shim: pidfile.Process{PID: 1}, Apps: []pidfile.App{
		{ID: 0, UID: "b", Name: "bad", Spec: json.RawMessage(`{"name":7}`), Instances: []pidfile.Instance{{Status: "stopped"}}},
		{ID: 1, UID: "g", Name: "good", Spec: good, Desired: wantDown, Instances: []pidfile.Instance{{Status: "stopped"}}},
	}}, nil, nil)
	w.run()
	w.is("good", wire.Stopped)
	c := w.target(ActReset, "good")
	c.ok()
	if got := c.ofType(wire.EventWarning); len(got) != 1 || !strings.Contains(got[0].Message, `app "bad": its spec cannot be read`) {
		t.Errorf("told %s", tell(got))
	}
}

// An empty slot of nobody is given back.
func TestAdoptClosesEmptySlotsOfNobody(t *testing.T) {
	w := newWorld(t)
	w.s.active = 1
	w.s.Adopt(&pidfile.State{Shim: pidfile.Process{PID: 1}}, nil, []*wire.ShimMessage{{Op: wire.OpSlot, Slot: "nobody:0"}})
	w.run()
	if c := w.awaitCall(wire.OpClose); c.slot != "nobody:0" {
		t.Errorf("closed %s", c.slot)
	}
}

// With both processes dead, an app of forever run that does not live has nobody
// it could be started for; the next run may have its name at once.
func TestForegroundDiesWithBoth(t *testing.T) {
	for _, status := range []string{wire.Starting, wire.Online, wire.Stopping, wire.Backoff} {
		t.Run(status, func(t *testing.T) {
			sp := spec("run")
			sp.Foreground = true
			raw, _ := json.Marshal(sp)
			w := newWorld(t)
			w.s.active = 1
			w.s.Adopt(&pidfile.State{
				Boot: thisBoot, Shim: pidfile.Process{PID: 1, Start: 1 << 60}, Supervisor: pidfile.Process{PID: 1 << 30}, // a PID that came back
				Apps: []pidfile.App{{UID: "u", Name: "run", Desired: wantUp, Spec: raw, Instances: []pidfile.Instance{{
					Status: status, Process: pidfile.Process{PID: 1 << 30, Start: 1, Boot: thisBoot}, StartedAt: dawn,
				}}}},
			}, nil, nil)
			w.run()
			w.is("run", wire.Stopped)
			if n := w.spawns(); n != 0 {
				t.Errorf("%d programs were started for nobody", n)
			}
			w.start(sp).ok()
			w.is("run", wire.Online)
		})
	}
}

// An app of forever run that came to rest while no supervisor was there is
// forgotten too.
func TestAdoptedForegroundLingers(t *testing.T) {
	sp := spec("run")
	sp.Foreground = true
	raw, _ := json.Marshal(sp)
	w := newWorld(t)
	w.s.active = 1
	w.s.Adopt(&pidfile.State{Shim: pidfile.Process{PID: 1}, Apps: []pidfile.App{{
		UID: "u", Name: "run", Desired: wantUp, Spec: raw, Instances: []pidfile.Instance{{Status: "exited"}},
	}}}, nil, nil)
	w.run()
	w.is("run", wire.Exited)
	w.advance(lingerTime)
	w.do(func() {
		if w.s.byName("run") != nil {
			t.Error("it is still there")
		}
	})
}
