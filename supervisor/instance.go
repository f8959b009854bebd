package supervisor

import (
	"encoding/json"
	"fmt"
	"syscall"
	"time"

	"forever/internal/clock"
	"forever/internal/ipc"
	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// after is what comes when an instance's last process has gone.
type after uint8

const (
	afterPolicy after = iota // the restart policy decides
	afterStop                // it stays down: a command said so
	afterStart               // a command wants it up
)

// instance is one process slot of an app. The loop owns it.
type instance struct {
	app   *app
	index int
	slot  string // its name at the shim
	state State
	after after
	cause string // why we replace its process, with afterStart; empty: a user asked for it

	proc     pidfile.Process // zero: none
	origin   pidfile.Process // what we started, where another process has taken its place; zero: proc
	retired  []int           // whose place others have taken; they may live
	life     int             // counts its processes, but for those that took another one's place
	started  time.Time
	unborn   bool              // the shim is starting it
	slotless *wire.ShimMessage // why the shim could not make the slot; its start fails next
	opened   bool              // the shim has the slot, and the pump its pipes
	planned  bool              // the shim knows how to start it
	standing bool              // the shim may have a standing order for it
	renew    bool              // it needs a new slot for its next process
	due      bool              // a start of it waits until the state file says so
	// generation tells the pump's keys of one slot from those of the next.
	generation int

	runs     int // since a user last started it
	restarts int // by the policy, in all
	streak   int // latest runs in a row below min-uptime
	exits    []wire.Exit

	timer    clock.Timer // backoff, listen timeout or kill timeout
	wakes    time.Time   // when it does
	nextTry  time.Time
	killed   bool // SIGKILL has been sent
	deadline time.Time
	stopping wire.Stop       // how it is being stopped
	sweeping *Sweep          // its last processes are being cleared away
	last     pidfile.Process // the process that ended last
	known    []proc.Entry    // its processes when it was asked to stop
	group    string          // folder of its cgroup
	note     string
	logNote  string // what is wrong with its logs

	waiting *readiness    // it is not ready yet
	check   func()        // asks whether it is ready, once it listens; nil: that is asked already
	blame   string        // it is being stopped since it fails, and why
	health  *health       // it is checked; nil: it is not
	vigil   *vigil        // a sign of it is waited for; nil: none is
	wasWell bool          // its process was found well, or said so
	notify  *probe.Notify // where it says how it is
	talk    talk          // what it said there
	heir    *heir         // it is about to hand over to another process
	unheard []func()      // what waits until all that was said is heard
	channel *ipc.Channel  // Node's message channel
	asked   []*question   // that were sent on it and not answered yet

	other   bool                // it lives in the second of its place's two slots
	trial   *trial              // it is to take over a place; nil: it has one
	former  bool                // it has left its place, and goes
	awaited []func(*wire.Error) // former: who waits for its end, or for why it does not come
	reload  string              // the request that brought it
	leaving bool                // its app has no place for it any more
	bound   []*group            // where its process listens
	doubted []*group            // those of them that it had closed when it was looked at
	sharing string              // how it shares its ports, or why not
	lent    []*group            // whose sockets its process is given from the start
	sockets []string            // their names at the shim, as its plan has them
}

// event is something that happens to an instance, with what comes along.
type event struct {
	kind  EventKind
	why   string            // AskRestart: our reason; empty: a user's command; Failing: how
	stop  *wire.Stop        // AskStop, AskRestart, Failing: instead of the app's own
	msg   *wire.ShimMessage // Spawned, SpawnFailed
	exit  *wire.ShimExit    // Ended
	swept Swept             // Gone: what could not be ended
}

// fire is the only way in which an instance changes its state.
func (in *instance) fire(ev event) {
	if ev.kind <= AskRestart {
		in.due = false // what is asked for now counts
	}
	st := steps[in.state][ev.kind]
	if st.next != Stay {
		in.enter(st.next)
	}
	st.do(in, ev)
	in.app.s.changed()
	if ev.kind == Ended {
		// Last, since the question takes a while and the next process is on its way.
		in.blameMemory(ev.exit)
	}
}

// blameMemory notes with the last exit that the kernel killed for lack of memory.
func (in *instance) blameMemory(e *wire.ShimExit) {
	if in.app.s.oomKill(e) && !in.killed && len(in.exits) > 0 && in.exits[0].PID == e.PID {
		in.exits[0].OOM = true
		in.exits[0].Reason += " (out of memory)"
	}
}

// enter changes the state and tells who listens.
func (in *instance) enter(next State) { in.enterWith(next, nil) }

// enterWith is enter for a state that is an error.
func (in *instance) enterWith(next State, err *wire.Error) {
	in.stopTimer()
	in.stopWaiting()
	in.endHealth()
	in.endVigil()
	in.state = next
	if next != Online {
		in.standDown()
	}
	if next != Starting && in.proc.PID == 0 {
		in.removePid() // a start replaces the file's content instead
	}
	if next != Backoff {
		in.nextTry = time.Time{}
	}
	if in.app.resting() {
		in.app.s.dropGroups(in.app) // whoever is told that it rests finds its ports free
	} else {
		in.app.s.steer(in.app)
	}
	in.publish(err)
	if next.resting() {
		in.rested()
	}
}

func (in *instance) stopTimer() {
	if in.timer != nil {
		in.timer.Stop()
		in.timer = nil
	}
}

// arm has ev fired after d, unless the state changes before.
func (in *instance) arm(d time.Duration, ev event) {
	in.stopTimer()
	s := in.app.s
	in.wakes = s.clock.Now().Add(d)
	var t clock.Timer
	t = s.clock.AfterFunc(d, func() {
		s.post(func() {
			if in.timer == t { // else it was stopped too late
				in.timer = nil
				in.fire(ev)
			}
		})
	})
	in.timer = t
}

func (in *instance) ignore(event) {}

// rest: a command stopped what did not run anyway.
func (in *instance) rest(event) { in.after = afterStop }

// launchFresh starts by a user's command: what was counted is forgotten. By a
// decision of ours it goes on.
func (in *instance) launchFresh(ev event) {
	if ev.why == "" {
		in.runs, in.streak = 0, 0
	} else {
		in.restarts++
	}
	in.launch()
}

// relaunch starts by the restart policy.
func (in *instance) relaunch(event) {
	in.restarts++
	in.launch()
}

// begun counts a run and forgets how the one before was ended.
func (in *instance) begun() {
	in.after, in.cause, in.killed, in.deadline = afterPolicy, "", false, time.Time{}
	in.runs++
}

// launch has the shim start a process.
func (in *instance) launch() {
	in.begun()
	in.unborn = true
	if in.renew {
		in.app.s.renewed(in)
	}
	// Without a shim it stays starting, and whoever supervises next starts it.
	in.app.s.shimError(in.app.s.spawn(in))
}

// executed: execve has succeeded.
func (in *instance) executed(ev event) {
	in.born(ev.msg)
	in.app.s.share(in, ev.msg.Unshared)
	in.app.s.openChannel(in, true)
	if in.bornToRestart() {
		return
	}
	if in.awaitReady() {
		in.publish(nil) // starting, with a process
		return
	}
	in.enter(Online)
	in.stand()
	if old := in.app.instance(in.index); in.trial != nil && (old == nil || len(old.bound) == 0 || !in.app.s.reports(in.app)) {
		// It will not listen, or nobody sees when; then to have been up for a while is to be ready.
		in.arm(milliseconds(in.app.spec.Policy.MinUptimeMS), event{kind: Due})
	}
}

func (in *instance) born(m *wire.ShimMessage) {
	in.proc = pidfile.Process{PID: m.PID, Start: m.Start, Boot: in.app.s.boot}
	in.origin, in.retired, in.life = pidfile.Process{}, nil, in.life+1
	in.started = in.app.s.here(m.At)
	in.note = m.Warning
	in.app.s.writePid(in)
	in.tellLogs(m.PID)
}

// here is a time of the shim's with our clock's monotonic reading: it stays as long
// ago as it is when the clock is set.
func (s *Supervisor) here(t time.Time) time.Time {
	now := s.clock.Now()
	return now.Add(t.Sub(now))
}

// retryExec is the least wait after a program could not be executed.
const retryExec = 100 * time.Millisecond

// notExecuted: for a command that is an error at once; a restart (the file may
// be away for a moment while a new version is laid) is tried again.
func (in *instance) notExecuted(ev event) {
	now := in.app.s.clock.Now()
	x := wire.Exit{Code: exitCode(ev.msg.Errno), At: wire.Moment{Time: now}, Reason: "could not be executed: " + ev.msg.Error}
	in.note = x.Reason
	in.remember(x)
	if in.trial != nil {
		in.lost(x.Reason)
		return
	}
	in.streak++
	if in.runs == 1 {
		in.enterWith(Failed, &wire.Error{Code: wire.CodeExec, Message: x.Reason, Hint: execHint(ev.msg.Errno), Exit: x.Code})
		return
	}
	v := judge(in.app.spec.Policy, x, in.history(0), in.app.s.jitter())
	if v.next == Starting { // without any backoff it would be tried without a pause
		v = verdict{next: Backoff, delay: retryExec}
	}
	in.apply(v)
}

// proven: a successor has been up for its min-uptime.
func (in *instance) proven(event) { in.tried(nil) }

// lost: a successor has ended, or could not be executed, before it was ready.
func (in *instance) lost(why string) {
	in.enter(Failed)
	in.tried(&wire.Error{
		Code:    wire.CodeDied,
		Message: fmt.Sprintf("app %q: the new process ended: %s; the old one stays in service", in.label(), why),
		Hint:    "forever logs " + in.app.word(),
	})
}

// exitCode is what a shell makes of an execve that failed.
func exitCode(errno int) int {
	if syscall.Errno(errno) == syscall.ENOENT {
		return 127
	}
	return 126
}

// ended: the process is no more. Its tree may be.
func (in *instance) ended(ev event) {
	if in.proc.PID != 0 && ev.exit.PID != in.proc.PID {
		return // an older one's end, told again
	}
	in.record(ev.exit)
	switch {
	case ev.exit.Next != nil:
		in.succeeded(ev.exit.Next)
	case ev.exit.Alone:
		in.gone(event{kind: Gone})
	default:
		in.enter(Stopping)
		in.clear()
	}
}

// record keeps how the process ended.
func (in *instance) record(e *wire.ShimExit) {
	s := in.app.s
	x := newExit(*e, in.started)
	in.blameFailure(&x)
	in.blameCause(&x)
	in.remember(x)
	s.toForget = append(s.toForget, forgotten{in.slot, e.PID})
	if x.RanMS >= in.app.spec.Policy.MinUptimeMS && (!x.Blamed || in.wasWell) {
		in.streak = 0
	} else {
		in.streak++
	}
	in.last = pidfile.Process{PID: e.PID, Start: e.Start, Boot: s.boot}
	in.closeChannel()
	s.dropOwn(in)
	in.talk, in.wasWell = talk{}, false
	in.proc = pidfile.Process{}
	in.tellLogs(0)
}

func (in *instance) remember(x wire.Exit) {
	in.exits = append([]wire.Exit{x}, in.exits[:min(len(in.exits), keptExits-1)]...)
}

func (in *instance) history(ran time.Duration) history {
	return history{runs: in.runs, streak: in.streak, ran: ran}
}

// gone: nothing of it is left. What was wanted meanwhile comes now.
func (in *instance) gone(ev event) {
	if len(ev.swept.Left) > 0 || ev.swept.Err != nil {
		in.stuck(ev.swept)
		return
	}
	in.known = nil
	switch in.after {
	case afterStop:
		in.enter(Stopped)
	case afterStart:
		in.enter(Starting)
		in.launchFresh(event{why: in.cause})
	default:
		x := wire.Exit{Code: -1}
		if len(in.exits) > 0 {
			x = in.exits[0]
		}
		if in.trial != nil {
			in.lost(x.Reason)
			return
		}
		if in.former {
			in.enter(Stopped)
			return
		}
		in.apply(judge(in.app.spec.Policy, x, in.history(milliseconds(x.RanMS)), in.app.s.jitter()))
	}
}

// apply carries out what the policy says.
func (in *instance) apply(v verdict) {
	s := in.app.s
	switch v.next {
	case Starting:
		in.enter(Starting)
		in.relaunch(event{})
	case Backoff:
		if in.nextTry.IsZero() { // else it has waited since before both processes died
			in.nextTry = s.clock.Now().Add(v.delay)
		}
		in.enter(Backoff)
		in.arm(max(in.nextTry.Sub(s.clock.Now()), 0), event{kind: Due})
	default:
		in.note = ""
		if v.next == Failed {
			in.note = v.why
		}
		in.enter(v.next)
	}
}

// noteJSON is what the shim keeps of the counters with each process, so that a
// supervisor that is killed before the state file is written miscounts nothing.
func (in *instance) noteJSON() json.RawMessage {
	return encodeCounters(counters{in.runs, in.restarts, in.streak, in.reload})
}

func encodeCounters(c counters) json.RawMessage {
	data, _ := json.Marshal(c) // numbers and a name cannot fail to encode
	return data
}

type counters struct {
	Runs     int `json:"runs"`
	Restarts int `json:"restarts"`
	Streak   int `json:"streak"`
	// Reload is the request that brought the process, so that a reload that is
	// asked for again goes on where it was.
	Reload string `json:"reload,omitempty"`
}
