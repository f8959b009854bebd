package supervisor

import (
	"encoding/json"
	"strings"
	"time"

	"forever/internal/clock"
	"forever/internal/layout"
	"forever/internal/shim"
	"forever/internal/wire"
	"forever/pidfile"
)

const (
	streamOut = shim.StreamOut
	streamErr = shim.StreamErr
)

// writer writes the state file, one write at a time, on a goroutine of its
// own. What changes meanwhile makes one more write. Its fields belong to the
// loop.
type writer struct {
	s       *Supervisor
	writing bool
	again   bool
	delayed clock.Timer // a write that is to come, nobody waits for it
	failed  error
	waiting []func(error) // for the next write
}

// retryWrite is when a write that failed is tried again.
const retryWrite = 2 * time.Second

func (w *writer) busy() bool { return w.writing || w.again || w.delayed != nil }

// later has the state written in a while: nobody waits for it, and what just
// changed, a program on its way perhaps, has more use for the processor. Until
// then the shim knows everything that counts.
func (w *writer) later() {
	s := w.s
	if s.WriteDelay == 0 {
		w.write(nil)
		return
	}
	if w.delayed == nil && !w.again {
		w.delayed = s.clock.AfterFunc(s.WriteDelay, func() { s.post(func() { w.write(nil) }) })
	}
}

// write has the state as it is now written. then, if not nil, is called in the
// loop when it is on disk, or could not be.
func (w *writer) write(then func(error)) {
	if then != nil {
		w.waiting = append(w.waiting, then)
	}
	if w.writing {
		w.again = true
		return
	}
	w.begin()
}

func (w *writer) begin() {
	s := w.s
	w.writing, w.again = true, false
	if w.delayed != nil {
		w.delayed.Stop()
		w.delayed = nil
	}
	state, forget, waiting := s.snapshotState(), s.toForget, w.waiting
	s.toForget, w.waiting = nil, nil
	go func() {
		err := s.Save(state)
		s.post(func() { w.end(err, forget, waiting) })
	}()
}

func (w *writer) end(err error, forget []forgotten, waiting []func(error)) {
	s := w.s
	w.writing = false
	if err == nil {
		for _, f := range forget {
			s.shimError(s.shim.Forget(f.slot, f.pid))
		}
	} else {
		s.toForget = append(forget, s.toForget...)
	}
	if err != nil && (w.failed == nil || w.failed.Error() != err.Error()) {
		s.logf("%v; the programs go on, and it is tried again", err)
	}
	if w.failed = err; err != nil && w.delayed == nil && !w.again {
		w.delayed = s.clock.AfterFunc(retryWrite, func() { s.post(func() { w.write(nil) }) })
	}
	for _, f := range waiting {
		f(err)
	}
	if w.again {
		w.begin()
	}
}

// snapshotState is the whole state as the file has it.
func (s *Supervisor) snapshotState() *pidfile.State {
	st := *s.state
	st.Version, st.Boot, st.NextID = pidfile.Version, s.boot, s.nextID
	st.WrittenAt = s.clock.Now()
	st.Apps = make([]pidfile.App, 0, len(s.apps))
	for _, a := range s.apps {
		st.Apps = append(st.Apps, a.stateApp())
	}
	return &st
}

func (a *app) stateApp() pidfile.App {
	p := a.s.savedApp(a.uid) // with the fields of a newer version
	p.ID, p.UID, p.Name, p.Namespace = a.id, a.uid, a.spec.Name, a.spec.Namespace
	p.CreatedAt, p.Desired, p.Request, p.Spec = a.created, a.desired, a.requestDone(), a.raw
	p.Instances = make([]pidfile.Instance, 0, len(a.instances))
	for _, in := range a.instances {
		p.Instances = append(p.Instances, in.stateInstance())
	}
	return p
}

// requestDone is the app's last request if another supervisor need not carry it
// out again: a restart that waits for a birth is known to this one alone.
func (a *app) requestDone() string {
	for _, in := range a.instances {
		if in.state == Starting && in.after == afterStart && in.cause == "" {
			return ""
		}
	}
	return a.request
}

// savedApp is the app as it was loaded.
func (s *Supervisor) savedApp(uid string) pidfile.App {
	for i := range s.state.Apps {
		if s.state.Apps[i].UID == uid {
			return s.state.Apps[i]
		}
	}
	return pidfile.App{}
}

func (in *instance) stateInstance() pidfile.Instance {
	p := pidfile.Instance{
		Index: in.index, Process: in.proc, Status: in.state.String(),
		Runs: in.runs, Restarts: in.restarts, Short: in.streak, NextTry: in.nextTry,
	}
	p.Well, p.WatchdogMS = in.wasWell, in.talk.dogEvery.Milliseconds()
	if in.proc.PID != 0 {
		p.StartedAt = in.started
	}
	if in.proc.PID != 0 || in.state == Stopping {
		p.Origin = in.origin
	}
	switch {
	case in.due:
		p.Status, p.Then = in.dueState().String(), wire.DesiredRunning
	case in.state == Stopping:
		p.Then, p.Why = thens[in.after], in.blame
	}
	if len(in.exits) > 0 {
		// Exits hold strings, numbers and times of this century.
		p.Exits, _ = json.Marshal(in.exits)
	}
	return p
}

// thens are the values of after in the state file.
var thens = [...]string{afterPolicy: "", afterStop: wire.DesiredStopped, afterStart: wire.DesiredRunning}

// dueState is the state from which a supervisor that knows only the file goes on
// with a start: where a process is to be replaced, as in a restart.
func (in *instance) dueState() State {
	if in.state.resting() {
		return Starting
	}
	return Stopping
}

// writePid and removePid keep the program's pid file: it holds the PID while
// the program runs, and only then.
func (s *Supervisor) writePid(in *instance) {
	if err := pidfile.WritePid(in.app.pidPath(in.index), in.proc.PID); err != nil {
		in.note = err.Error()
		s.logf("%s: %v", in.label(), err)
	}
}

func (in *instance) removePid() {
	if in.last.PID != 0 {
		in.app.s.removePid(in, in.last.PID)
	}
}

func (s *Supervisor) removePid(in *instance, pid int) {
	if err := pidfile.RemovePid(in.app.pidPath(in.index), pid); err != nil {
		s.logf("%s: %v", in.label(), err)
	}
}

// snapshot is the app as list shows it, with its whole spec.
func (a *app) snapshot() wire.App {
	spec := a.spec
	out, errs := layout.Shown(a.s.root, &spec)
	w := wire.App{
		ID: a.id, Name: spec.Name, Namespace: spec.Namespace, UID: a.uid,
		Status: a.status(), Mode: "fork", Script: spec.Script, Interpreter: spec.Interpreter,
		Args: append([]string{}, spec.Args...), Cwd: spec.Cwd, Desired: a.desired, CreatedAt: wire.Moment{Time: a.created},
		OutFile: out, ErrFile: errs, PidFile: a.pidPath(0),
		Spec: &spec, Typed: spec.Typed, ConfigFile: spec.ConfigFile,
	}
	if spec.Cluster {
		w.Mode = "cluster"
	}
	if a.cron != nil {
		w.NextCron = wire.Moment{Time: a.cron.next}
	}
	for _, in := range a.instances {
		w.Instances = append(w.Instances, in.snapshot())
		w.Restarts += in.restarts
	}
	return w
}

func (in *instance) snapshot() wire.Instance {
	now := in.app.s.clock.Now()
	w := wire.Instance{
		Index: in.index, PID: in.proc.PID, Start: in.proc.Start, Status: in.state.String(), Restarts: in.restarts,
		Ports: []int{}, Exits: append([]wire.Exit{}, in.exits...), Note: in.notes(), Sharing: in.sharing, Says: in.says(),
	}
	if in.health != nil {
		seen := in.health.seen
		w.Health = &seen
	}
	if in.proc.PID != 0 {
		w.StartedAt, w.UptimeMS = wire.Moment{Time: in.started}, now.Sub(in.started).Milliseconds()
	}
	if len(in.exits) > 0 {
		last := in.exits[0]
		w.LastExit = &last
	}
	if in.state == Backoff {
		w.NextTryMS = max(in.nextTry.Sub(now).Milliseconds(), 0)
	}
	return w
}

// notes is what else a person should know of the instance.
func (in *instance) notes() string {
	var notes []string
	for _, note := range []string{in.note, in.app.watchNote()} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	return strings.Join(append(notes, in.outputNotes()...), "; ")
}
