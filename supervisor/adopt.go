package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// Adopt is how every supervisor begins: it takes what the shim holds and what
// the state file says, and goes on from there. loadErr is why the file could
// not be read. It is called before Run.
func (s *Supervisor) Adopt(state *pidfile.State, loadErr error, slots []*wire.ShimMessage) {
	if loadErr != nil {
		s.damaged(loadErr)
		state = &pidfile.State{}
	}
	s.state, s.nextID = state, state.NextID
	for i := range state.Apps {
		s.restore(&state.Apps[i])
	}
	held := map[string]*wire.ShimMessage{}
	for _, m := range slots {
		held[m.Slot] = m
	}
	if !s.isShim(state.Shim) {
		s.adoptLeftovers(held)
	}
	s.chooseLives(held)
	if len(slots) == 0 && !s.isShim(state.Shim) && !s.isShim(state.Supervisor) {
		s.endRuns(held)
	}
	s.recoverUnknown(slots)
	s.adoptGroups(held)
	for _, a := range s.apps {
		for _, former := range a.others {
			if former.state == Online {
				s.share(former, "") // it may wait for an answer
				s.retire(former, nil)
			}
		}
		for _, in := range a.chosen(-1) {
			s.clearOther(in, held)
			s.reconcile(in, held[in.slot])
		}
		a.retireSurplus()
		s.steer(a)
		if a.spec.Foreground && a.resting() && a.farewell == nil {
			a.linger() // nobody else would ever forget it
		}
	}
	s.changed()
	s.turn()
}

// isShim tells whether a process of the state file is our shim: its PID may be
// another one's by now, and in a container it mostly is.
func (s *Supervisor) isShim(p pidfile.Process) bool {
	if p.PID != s.shimPID {
		return false
	}
	id, err := pidfile.Identify(p.PID)
	return err != nil || p.Start == 0 || id == p
}

// endRuns: both processes have died, and with them what an app of forever run
// is for. The client has given up, or was killed too, as all that is in a
// container is. One whose process is gone is not started for nobody, and the
// next run finds its name free.
func (s *Supervisor) endRuns(held map[string]*wire.ShimMessage) {
	for _, a := range s.apps {
		if !a.spec.Foreground || slices.ContainsFunc(a.instances, func(in *instance) bool { return held[in.slot] != nil }) {
			continue
		}
		a.desired = wire.DesiredStopped
		for _, in := range a.instances {
			if !in.state.resting() {
				in.state = Stopped
			}
		}
	}
}

// chooseLives finds in which of its two slots each instance lives. Where both
// have a process a reload was under way: the one that the state file names is
// the instance, the other goes, and a client that asks for the reload again gets it.
func (s *Supervisor) chooseLives(held map[string]*wire.ShimMessage) {
	for _, a := range s.apps {
		for _, in := range slices.Clone(a.instances) {
			first, second := held[in.slot], held[in.slot+"b"]
			if second == nil {
				continue
			}
			lives := first != nil && first.PID != 0
			if second.PID != 0 && (!lives || isOf(second, in.proc.PID)) || !lives && second.PID == 0 && first == nil {
				in.setLife(true)
				first, second = second, first
			}
			if second != nil {
				a.addFormer(in, second)
			}
		}
	}
}

// addFormer makes an instance of what a reload has left, to be ended: its process,
// or what that has left behind.
func (a *app) addFormer(in *instance, held *wire.ShimMessage) {
	former := a.successor(in)
	former.former = true
	a.s.takeSlot(former, held)
	if former.proc.PID != 0 {
		former.state = Online // until adoptGroups knows where it listens, and it is retired
		return
	}
	var last pidfile.Process
	if e := ended(held); e != nil {
		last = pidfile.Process{PID: e.PID, Start: e.Start, Boot: a.s.boot}
	}
	former.clearFormer(last)
}

// clearFormer has what is left of a former instance's process cleared away.
func (in *instance) clearFormer(p pidfile.Process) {
	in.state, in.after = Stopping, afterStop
	in.clearAfter(p)
}

// clearOther: where both processes have died, nothing tells in which of its two
// slots an instance lived whose process is gone. What is left in the second is
// cleared away as what a reload has left.
func (s *Supervisor) clearOther(in *instance, held map[string]*wire.ShimMessage) {
	has := func(o *instance) bool { return o.index == in.index }
	if !in.app.spec.Cluster || in.state.resting() || held[in.slot] != nil || slices.ContainsFunc(in.app.others, has) {
		return
	}
	former := in.app.successor(in)
	former.former = true
	former.clearFormer(in.proc)
}

func (s *Supervisor) damaged(err error) {
	s.warning = err.Error()
	s.logf("%v", err)
}

// restore makes an app from the state file, without a process yet.
func (s *Supervisor) restore(p *pidfile.App) {
	var spec wire.Spec
	if err := wire.Unmarshal(p.Spec, &spec); err != nil {
		s.damaged(fmt.Errorf("app %q: its spec cannot be read: %w", p.Name, err))
		return
	}
	a := &app{
		s: s, id: p.ID, uid: p.UID, spec: spec, raw: p.Spec,
		desired: p.Desired, created: p.CreatedAt, request: p.Request,
	}
	for _, pi := range p.Instances {
		in := a.addInstance(pi.Index)
		in.state = parseState(pi.Status)
		if in.state == Stopping {
			in.after, in.blame = after(max(slices.Index(thens[:], pi.Then), 0)), pi.Why
		}
		in.wasWell, in.talk.dogEvery = pi.Well, milliseconds(pi.WatchdogMS)
		in.proc, in.started, in.nextTry = pi.Process, pi.StartedAt, pi.NextTry
		in.origin = pi.Origin
		in.runs, in.restarts, in.streak = pi.Runs, pi.Restarts, pi.Short
		if len(pi.Exits) > 0 && json.Unmarshal(pi.Exits, &in.exits) != nil {
			in.exits = nil // only history, in a form of another version
		}
	}
	s.apps = append(s.apps, a)
}

// reconcile brings one instance in line with what the shim holds for it.
func (s *Supervisor) reconcile(in *instance, held *wire.ShimMessage) {
	was := in.state
	recorded, origin := in.proc, in.origin
	in.proc, in.origin = pidfile.Process{}, pidfile.Process{}
	if held != nil {
		s.takeSlot(in, held)
	}
	if in.origin.PID == 0 && (in.proc.PID == 0 || in.proc.PID == recorded.PID) {
		in.origin = origin
	}
	if recorded.PID != 0 && in.proc.PID != recorded.PID {
		s.removePid(in, recorded.PID)
	}
	if s.isLater(in, recorded, origin, held) {
		in.after, in.blame, in.wasWell, in.talk = afterPolicy, "", false, talk{} // what the file says is of the process before
		if in.proc.PID == 0 {
			in.origin = pidfile.Process{}
		}
	}
	switch {
	case in.proc.PID != 0:
		s.goOn(in, was)
	case s.unseen(in, held):
		s.finishEnd(in, recorded, held)
	case was.resting():
		in.state = was
	case s.rebooted(recorded):
		in.state, in.note = Stopped, "the machine was restarted"
		in.app.desired = wire.DesiredStopped
	case was == Backoff && in.app.desired == wire.DesiredRunning && held == nil && len(in.exits) > 0:
		// The shim is another. A try that the state file does not know may have
		// left children, which a stop of what does not run would not look for.
		in.state = Stopping
		in.clearAfter(pidfile.Process{PID: in.exits[0].PID, Boot: s.boot})
	case was == Backoff && in.app.desired == wire.DesiredRunning:
		in.state = Backoff
		in.arm(max(in.nextTry.Sub(s.clock.Now()), 0), event{kind: Due})
	case in.app.desired == wire.DesiredStopped:
		s.finishStop(in, recorded, held)
	case was == Starting && recorded.PID == 0:
		s.startAgain(in)
	case was == Stopping && recorded.PID == 0 && len(in.exits) > 0:
		in.state = Stopping // the end was written, its last processes perhaps not yet gone
		in.clearAfter(pidfile.Process{PID: in.exits[0].PID, Boot: s.boot})
	default:
		s.finishEnd(in, recorded, held)
	}
}

// isLater: the latest process is one that the state file does not know, nor has it
// taken the place of one that it knows.
func (s *Supervisor) isLater(in *instance, recorded, origin pidfile.Process, held *wire.ShimMessage) bool {
	if in.proc.PID != 0 {
		return !isOf(held, recorded.PID) && !isOf(held, origin.PID)
	}
	return s.unseen(in, held) && ended(held).PID != recorded.PID
}

// startAgain: the state says that it is starting, and nobody has started it. One
// that the policy was about to start goes on counting.
func (s *Supervisor) startAgain(in *instance) {
	if in.runs <= 1 {
		in.state = Stopped
		in.fire(event{kind: AskStart})
		return
	}
	in.runs, in.restarts = in.runs-1, max(in.restarts-1, 0)
	in.state = Backoff
	in.fire(event{kind: Due})
}

// unseen: its last process has ended, and the state file does not know yet, not
// even perhaps that there was one.
func (s *Supervisor) unseen(in *instance, held *wire.ShimMessage) bool {
	e := ended(held)
	return e != nil && in.app.desired == wire.DesiredRunning && !in.remembers(e)
}

// ended is the last exit that the shim still has to tell; nil: none.
func ended(m *wire.ShimMessage) *wire.ShimExit {
	if m == nil || len(m.Exits) == 0 {
		return nil
	}
	return &m.Exits[len(m.Exits)-1] // newest
}

// takeSlot takes over pipes, counters, exits and the process.
func (s *Supervisor) takeSlot(in *instance, held *wire.ShimMessage) {
	in.opened = true
	s.attach(in, held.Streams, false)
	var c counters
	if len(held.Note) > 0 && json.Unmarshal(held.Note, &c) == nil && c.Runs >= in.runs {
		in.reload = c.Reload
		in.runs, in.restarts, in.streak = c.Runs, max(c.Restarts, in.restarts), c.Streak
	}
	// All but the last exit are history: another process followed them.
	for i, e := range held.Exits {
		if held.PID != 0 || i < len(held.Exits)-1 || in.remembers(&e) {
			in.rememberOnce(s, e)
		}
	}
	if held.PID != 0 {
		in.proc = pidfile.Process{PID: held.PID, Start: held.Start, Boot: s.boot}
		if o := held.Origin; o != nil {
			in.origin = pidfile.Process{PID: o.PID, Start: o.Start, Boot: s.boot}
		}
		if !held.At.IsZero() {
			in.started = s.here(held.At) // else it is a leftover, and the state file knows better
		}
		in.tellLogs(held.PID)
		in.standing = true // of the supervisor before, perhaps
	}
}

// rememberOnce records an exit unless the state file has it already.
func (in *instance) rememberOnce(s *Supervisor, e wire.ShimExit) (known bool) {
	s.toForget = append(s.toForget, forgotten{in.slot, e.PID})
	if in.remembers(&e) {
		return true
	}
	in.remember(newExit(e, in.started))
	return false
}

func (in *instance) remembers(e *wire.ShimExit) bool {
	return slices.ContainsFunc(in.exits, func(x wire.Exit) bool { return x.PID == e.PID && x.At.Same(e.At) })
}

// goOn: its process lives.
func (s *Supervisor) goOn(in *instance, was State) {
	in.state = Online
	s.writePid(in)
	s.share(in, "")
	s.openChannel(in, false)
	s.openNotify(in)
	if was == Starting && in.awaitReady() {
		in.state = Starting
	}
	in.bound = in.listening()
	switch {
	case in.app.desired == wire.DesiredStopped || was == Stopping && in.after == afterStop:
		in.fire(event{kind: AskStop})
	case was == Stopping && in.after == afterStart:
		in.fire(event{kind: AskRestart})
	case was == Stopping && in.blame != "":
		in.fire(event{kind: Failing, why: in.blame})
	default:
		in.after = afterPolicy
	}
}

// rebooted: what the state file tells was before the machine was restarted.
func (s *Supervisor) rebooted(p pidfile.Process) bool {
	return p.PID != 0 && p.Boot != s.boot || s.state.Boot != "" && s.state.Boot != s.boot
}

// finishStop: it was to stop, and its process has gone meanwhile.
func (s *Supervisor) finishStop(in *instance, recorded pidfile.Process, held *wire.ShimMessage) {
	in.state, in.after = Stopping, afterStop
	if e := ended(held); e != nil && !in.remembers(e) {
		in.proc = pidfile.Process{PID: e.PID, Start: e.Start, Boot: s.boot} // whose end it is
		in.fire(event{kind: Ended, exit: e})
		return
	}
	in.clearAfter(recorded)
}

// clearAfter has what is left of a process that ended unseen cleared away.
func (in *instance) clearAfter(p pidfile.Process) {
	in.last = p
	in.setStop(nil)
	in.sweepTree()
}

// finishEnd: it was to run, and its process has ended while no supervisor saw it.
// What was said before that is heard first, since it may have handed over.
func (s *Supervisor) finishEnd(in *instance, recorded pidfile.Process, held *wire.ShimMessage) {
	in.state = Online
	e := ended(held)
	if e == nil {
		e = &wire.ShimExit{PID: recorded.PID, Start: recorded.Start, At: s.clock.Now()}
	}
	in.proc = pidfile.Process{PID: e.PID, Start: e.Start, Boot: s.boot} // whose end it is
	s.openNotify(in)
	in.whenHeard(func() { in.fire(event{kind: Ended, exit: e}) })
}

// adoptRecorded finds the instances that live on by the PIDs and start times of
// the state file.
func (s *Supervisor) adoptRecorded(held map[string]*wire.ShimMessage) (adopted []*instance) {
	for _, a := range s.apps {
		for _, in := range a.instances {
			if holds(held, in.proc.PID) || !in.proc.Alive() {
				continue
			}
			life := s.lifeOf(in)
			answer, err := s.adopt(life, proc.Entry{PID: in.proc.PID, Start: in.proc.Start})
			if err != nil {
				s.logf("adopt process %d of %s: %v", in.proc.PID, in.label(), err)
				continue
			}
			s.logf("%s: adopted process %d", in.label(), in.proc.PID)
			held[life.slot] = answer
			adopted = append(adopted, in)
		}
	}
	return adopted
}

// holds tells whether the shim holds a process, in whichever slot.
func holds(held map[string]*wire.ShimMessage, pid int) bool {
	for _, m := range held {
		if isOf(m, pid) {
			return true
		}
	}
	return false
}

// isOf tells whether a process is that of a slot, or was before it handed over.
func isOf(m *wire.ShimMessage, pid int) bool {
	return pid != 0 && (m.PID == pid || m.Origin != nil && m.Origin.PID == pid)
}

// lifeOf finds by the environment of an instance's process in which of its two
// slots it was started.
func (s *Supervisor) lifeOf(in *instance) *instance {
	env, err := proc.Environ(in.proc.PID)
	if err != nil {
		return in
	}
	if life := s.lifeAt(foreverVars(env)["FOREVER_SLOT"]); life != nil && life.app == in.app && life.index == in.index {
		return life
	}
	return in
}

// lifeAt is the instance that lives in a slot; in the second slot of a place, who
// stands for that life until chooseLives has found which of the two it is.
func (s *Supervisor) lifeAt(slot string) *instance {
	if in := s.bySlot(slot); in != nil {
		return in
	}
	base, second := strings.CutSuffix(slot, "b")
	in := s.bySlot(base)
	if in == nil || !second {
		return nil
	}
	life := &instance{app: in.app, index: in.index}
	life.setLife(true)
	return life
}

// adopt has the shim hold a leftover. The loop does not run yet, so that the
// answer can be waited for.
func (s *Supervisor) adopt(in *instance, e proc.Entry) (*wire.ShimMessage, error) {
	answer := make(chan *wire.ShimMessage, 1)
	err := s.shim.Adopt(in.slot, in.app.streams(in.index), e.PID, e.Start, func(m *wire.ShimMessage) { answer <- m })
	if err != nil {
		return nil, err
	}
	m := <-answer
	if m.Error != "" {
		return nil, errors.New(m.Error)
	}
	return m, nil
}

// recoverUnknown makes apps of slots that the state file does not know, since
// it was damaged or taken away: their programs run and must stay in reach.
func (s *Supervisor) recoverUnknown(slots []*wire.ShimMessage) {
	for _, m := range slots {
		if s.bySlot(m.Slot) != nil {
			continue
		}
		if m.PID != 0 {
			if env, err := proc.Environ(m.PID); err == nil && s.recover(m.PID, foreverVars(env)) != nil {
				continue
			}
			s.logf("slot %s with process %d belongs to no app that is known", m.Slot, m.PID)
			continue
		}
		s.shimError(s.shim.CloseSlot(m.Slot))
	}
}

func foreverVars(env []string) map[string]string {
	vars := map[string]string{}
	for _, kv := range env {
		if name, value, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, "FOREVER_") {
			vars[name] = value
		}
	}
	return vars
}

// recover rebuilds an app from what a living process of it shows: its name and
// number, its command line, folder and environment. The policy is the default.
func (s *Supervisor) recover(pid int, vars map[string]string) *instance {
	index, err := strconv.Atoi(vars["FOREVER_INSTANCE"])
	if err != nil || index < 0 || index > mostRecovered || vars["FOREVER_UID"] == "" || vars["FOREVER_APP"] == "" {
		return nil
	}
	a := s.byUID(vars["FOREVER_UID"])
	if a == nil {
		spec, err := recoverSpec(pid, vars)
		if err != nil {
			s.logf("recover app %q from process %d: %v", vars["FOREVER_APP"], pid, err)
			return nil
		}
		id, err := strconv.Atoi(vars["FOREVER_ID"])
		if err != nil || id < 0 || s.byID(id) != nil {
			id = s.nextID
		}
		a = &app{s: s, id: id, uid: spec.UID, desired: wire.DesiredRunning, created: s.clock.Now()}
		a.setSpec(spec)
		s.nextID = max(s.nextID, id+1)
		s.apps = append(s.apps, a)
	}
	for i := range index + 1 {
		if a.chosen(i) == nil {
			a.addInstance(i) // those before it have ended, or are found next
		}
	}
	a.spec.Instances = max(a.spec.Instances, len(a.instances))
	a.setSpec(a.spec)
	in := a.chosen(index)[0]
	in.setLife(strings.HasSuffix(vars["FOREVER_SLOT"], "b"))
	in.state, in.note = Online, "rebuilt from its process, since the state file did not know it"
	return in
}

// mostRecovered bounds what an environment can make us believe of an app's instances.
const mostRecovered = 10_000
