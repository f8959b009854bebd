package supervisor

import (
	"fmt"
	"slices"
	"strings"

	"forever/internal/clock"
	"forever/internal/wire"
)

// reload replaces the instances of an app one after the other: the new process
// starts on a socket of its own beside the old one's; when it is ready, new
// connections are steered to it; the old one is asked to end when its queue is
// empty. If the new one does not become ready, the old one stays.
type reload struct {
	s        *Supervisor
	a        *app
	id       string // of the request
	how      *wire.Stop
	w        *waiting
	left     []*goal
	parallel int
	running  int
	failed   *wire.Error
}

// trial is what an instance has that is to take over another one's place.
type trial struct {
	ready func()
	ended func(*wire.Error)
	timer clock.Timer
}

func (s *Supervisor) actReload(a *app, index int, r wire.TargetRequest, w *waiting) {
	if why := a.cannotReload(index); why != "" {
		s.actRestart(a, index, r, w)
		w.remark(a, "restarted, not reloaded: "+why)
		return
	}
	if a.reloading != nil {
		w.fail(a, a.busyReloading())
		return
	}
	if r.Env != nil {
		spec := a.spec
		spec.Env = withOwn(r.Env, &spec)
		a.setSpec(spec)
	}
	a.desired = wire.DesiredRunning
	rl := &reload{s: s, a: a, id: r.ID, how: how(r), w: w, parallel: max(r.Parallel, 1)}
	for _, in := range a.chosen(index) {
		if in.leaving {
			continue
		}
		g := w.add(in, didReloaded)
		g.single = index >= 0
		if r.ID != "" && in.reload == r.ID {
			rl.w.note(g, func() { g.done, g.pid = true, in.proc.PID }) // replaced before a supervisor was
			continue
		}
		rl.left = append(rl.left, g)
	}
	a.reloading = rl
	rl.next()
}

func (a *app) busyReloading() *wire.Error {
	return &wire.Error{
		Code: wire.CodeRunning, Message: fmt.Sprintf("app %q: a reload is under way", a.spec.Name),
		Hint: "wait for its end, or forever restart " + a.word(),
	}
}

// cannotReload says why the app can only be restarted; empty: it can be reloaded.
func (a *app) cannotReload(index int) string {
	if !a.spec.Cluster {
		return "it was not started with -i, so that its socket is its own"
	}
	if !a.shares() {
		return "sockets cannot be shared on this system"
	}
	for _, in := range a.chosen(index) {
		if strings.HasPrefix(in.sharing, "not shared") {
			return in.sharing
		}
	}
	return ""
}

// next begins as many replacements as may run side by side, or ends the reload.
func (rl *reload) next() {
	for rl.running < rl.parallel && len(rl.left) > 0 && rl.failed == nil {
		g := rl.left[0]
		rl.left = rl.left[1:]
		rl.running++
		rl.replace(g)
	}
	if rl.running > 0 {
		return
	}
	for _, g := range rl.left {
		rl.w.reach(g, rl.failed)
	}
	rl.a.reloading = nil
}

func (rl *reload) done(g *goal, err *wire.Error) {
	if err != nil && rl.failed == nil {
		rl.failed = err
	}
	rl.w.reach(g, err)
	rl.over()
}

// over: one replacement less is under way.
func (rl *reload) over() {
	rl.running--
	rl.next()
}

// replace starts the successor of one instance.
func (rl *reload) replace(g *goal) {
	old := rl.a.instance(g.index)
	switch {
	case rl.failed != nil || old == nil:
		rl.done(g, rl.failed)
		return
	case old.state != Online: // there is nothing to lose
		rl.w.follow(g)
		old.fire(event{kind: AskStart})
		rl.w.sub.add(old.event(nil)) // it may be starting already
		rl.over()
		return
	case rl.waitForSlot(g, old):
		return
	}
	rl.w.mark(g, old)
	in := rl.a.successor(old)
	in.reload = rl.id
	timeout := old.listenTimeout()
	in.trial = &trial{
		ready: func() { rl.takeOver(g, old, in) },
		ended: func(err *wire.Error) { rl.giveUp(g, in, err) },
	}
	in.trial.timer = rl.s.clock.AfterFunc(timeout, func() {
		rl.s.post(func() {
			in.tried(&wire.Error{
				Code:    wire.CodeNotReady,
				Message: fmt.Sprintf("app %q: the new process is not ready after %s; the old one stays in service", old.label(), clock.Format(timeout)),
				Hint:    "forever logs " + rl.a.word(),
			})
		})
	})
	in.fire(event{kind: AskStart})
}

// waitForSlot has a replacement wait until its slot is free: what a reload before
// has left there may still be on its way out.
func (rl *reload) waitForSlot(g *goal, old *instance) bool {
	i := slices.IndexFunc(rl.a.others, func(o *instance) bool { return o.index == old.index })
	if i < 0 {
		return false
	}
	rl.a.others[i].await(func(err *wire.Error) {
		if err != nil {
			rl.done(g, err)
			return
		}
		rl.replace(g)
	})
	return true
}

// tried ends the trial of an instance, with err or well. A later end of it
// counts no more.
func (in *instance) tried(err *wire.Error) {
	t := in.trial
	if t == nil {
		return
	}
	in.trial = nil
	t.timer.Stop()
	if err != nil {
		t.ended(err)
		return
	}
	t.ready()
}

// takeOver puts the new instance in the old one's place. The state is written
// before the old one is asked to end: whoever reads it next must not take the
// old one for the instance.
func (rl *reload) takeOver(g *goal, old, in *instance) {
	a := rl.a
	i := slices.Index(a.instances, old)
	if i < 0 {
		rl.giveUp(g, in, &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("app %q: another command removed the instance", old.label())})
		return
	}
	a.instances[i] = in
	a.others = append(slices.DeleteFunc(a.others, func(o *instance) bool { return o == in }), old)
	in.restarts, in.exits = old.restarts, append(slices.Clone(in.exits), old.exits...)
	old.former = true
	old.standDown()
	in.stand()
	in.forsake()
	rl.w.note(g, func() { g.pid = in.proc.PID })
	rl.s.steer(a)
	rl.s.writePid(in)
	in.publish(nil)
	old.await(func(err *wire.Error) { rl.done(g, err) })
	rl.s.writer.write(func(error) { // an unwritten state is told by the next command
		rl.s.retire(old, rl.how)
	})
}

// giveUp ends a successor that did not become ready.
func (rl *reload) giveUp(g *goal, in *instance, err *wire.Error) {
	in.former = true
	if old := rl.a.instance(g.index); old != nil {
		old.forsake() // where it has not listened nobody is to
	}
	if in.state.resting() {
		in.leave()
	} else {
		in.fire(event{kind: AskStop})
	}
	keys := in.pumpKeys()
	rl.w.note(g, func() { g.keys = keys })
	go func() {
		lines := rl.w.linesOf(g) // waits for the pump
		rl.s.post(func() {
			rl.w.note(g, func() { g.lines = lines })
			rl.done(g, err)
		})
	}()
}

// stopReload ends a reload under way, since another command wants something else.
func (a *app) stopReload(how *wire.Stop) {
	err := &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("app %q: another command stopped it", a.spec.Name)}
	if a.reloading != nil {
		a.reloading.failed = err
	}
	for _, in := range slices.Clone(a.others) {
		in.tried(err)
		if in.former && in.state == Online {
			in.fire(event{kind: AskStop, stop: how}) // it need not wait for its last connections
		}
	}
}

// successor makes an instance for the other of the two slots that a place has.
func (a *app) successor(old *instance) *instance {
	in := &instance{app: a, index: old.index, state: Stopped}
	in.setLife(!old.other)
	a.others = append(a.others, in)
	return in
}

// setLife chooses one of the two slots of a place: a reload goes from one to
// the other.
func (in *instance) setLife(other bool) {
	in.other = other
	in.slot = fmt.Sprintf("%s:%d", in.app.uid, in.index)
	if other {
		in.slot += "b"
	}
}

// leave drops an instance that has left its place to another.
func (in *instance) leave() {
	a := in.app
	i := slices.Index(a.others, in)
	if i < 0 {
		return // it has left
	}
	a.others = slices.Delete(a.others, i, i+1)
	a.s.dropDeserted(a)
	keys := a.s.drop(in)
	go func() {
		for _, key := range keys {
			a.s.pump.Detach(key)
		}
	}()
	in.tellAwaited(nil)
}

// await has f called when an instance that goes is gone, or cannot be ended.
func (in *instance) await(f func(*wire.Error)) { in.awaited = append(in.awaited, f) }

func (in *instance) tellAwaited(err *wire.Error) {
	awaited := in.awaited
	in.awaited = nil
	for _, f := range awaited {
		f(err)
	}
}

func (a *app) instance(index int) *instance {
	for _, in := range a.instances {
		if in.index == index {
			return in
		}
	}
	return nil
}
