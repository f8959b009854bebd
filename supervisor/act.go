package supervisor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"forever/internal/proc"
	"forever/internal/target"
	"forever/internal/wire"
)

// The actions of Act.
const (
	ActStop    = "stop"
	ActStart   = "start" // what is at rest
	ActRestart = "restart"
	ActDelete  = "delete"
	ActReload  = "reload"
	ActScale   = "scale"
	ActSend    = "send"
	ActSignal  = "signal"
	ActReset   = "reset" // forget restarts
	ActFlush   = "flush" // empty the logs
	ActReopen  = "reload-logs"
)

// Act does action to the targets and returns when it is done. A target that
// matches nothing is an error, and the rest is still done.
func (s *Supervisor) Act(ctx context.Context, action string, r wire.TargetRequest, emit func(wire.Event)) {
	if r.Signal != "" {
		if _, err := proc.ParseSignal(r.Signal); err != nil {
			emit(wire.Event{Type: wire.EventDone, Err: &wire.Error{Code: wire.CodeUsage, Message: err.Error()}})
			return
		}
	}
	w := s.begin(ctx, r.WaitMS, emit)
	defer w.end()
	accepted := s.ask(func() {
		w.sub.take() // what came before the command is not of it
		s.warn(emit)
		refs, errs := target.Select(s.list(), r.Cwd, r.Targets)
		for _, err := range errs {
			w.results = append(w.results, wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Err: err})
		}
		s.act(action, r, refs, w)
	})
	if !accepted {
		<-ctx.Done() // as in wait
		return
	}
	w.wait()
}

// list is the apps as a target is matched with them.
func (s *Supervisor) list() []wire.App {
	apps := make([]wire.App, 0, len(s.apps))
	for _, a := range s.apps {
		apps = append(apps, a.snapshot())
	}
	return apps
}

// Apps is every app with its whole spec, by id.
func (s *Supervisor) Apps() (apps []wire.App) {
	s.mustAsk(func() { apps = s.list() })
	return apps
}

func (s *Supervisor) act(action string, r wire.TargetRequest, refs []target.Ref, w *waiting) {
	for _, ref := range refs {
		a := s.byID(ref.AppID)
		if a == nil {
			continue
		}
		if a.deleting && wakes(action) {
			w.fail(a, running(a)) // or it would never rest, and so never be forgotten
			continue
		}
		switch action {
		case ActStop:
			s.actStop(a, ref.Index, r, w)
		case ActStart:
			s.actStart(a, ref.Index, r, w)
		case ActRestart:
			s.actRestart(a, ref.Index, r, w)
		case ActDelete:
			s.actDelete(a, ref.Index, r, w)
		case ActReload:
			s.actReload(a, ref.Index, r, w)
		case ActSend:
			s.actSend(a, ref.Index, r, w)
		case ActScale:
			s.actScale(a, r, w)
		case ActSignal:
			s.actSignal(a, ref.Index, r, w)
		case ActReset:
			s.actReset(a, ref.Index, w)
		case ActFlush:
			s.actFlush(a, ref.Index, w)
		case ActReopen:
			s.actReopen(a, w)
		default:
			w.fail(a, &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("unknown action %q", action)})
		}
	}
	s.changed()
}

// wakes tells the actions after which an app is wanted running.
func wakes(action string) bool {
	return action == ActStart || action == ActRestart || action == ActReload || action == ActScale
}

// chosen are the instances that a reference means.
func (a *app) chosen(index int) []*instance {
	if index < 0 {
		return slices.Clone(a.instances)
	}
	for _, in := range a.instances {
		if in.index == index {
			return []*instance{in}
		}
	}
	return nil
}

// how is the way to stop that a request asks for; nil: the app's own.
func how(r wire.TargetRequest) *wire.Stop {
	if r.Signal == "" && r.TimeoutMS == nil {
		return nil
	}
	h := &wire.Stop{Signal: r.Signal, TimeoutMS: -1}
	if r.TimeoutMS != nil {
		h.TimeoutMS = max(*r.TimeoutMS, 0)
	}
	return h
}

func (s *Supervisor) actStop(a *app, index int, r wire.TargetRequest, w *waiting) {
	a.stopReload(how(r))
	w.others(a, index)
	for _, in := range a.chosen(index) {
		g := w.add(in, didStopped)
		g.single = index >= 0
		if in.state.resting() {
			g.done, g.message = true, "was not running"
		}
		in.fire(event{kind: AskStop, stop: how(r)})
		if in.state == Stopped {
			g.done = true
		}
	}
	w.wishes = true
	if index < 0 || a.toRest() {
		a.desired = wire.DesiredStopped
	}
}

func (s *Supervisor) actStart(a *app, index int, r wire.TargetRequest, w *waiting) {
	if r.ID != "" && a.request == r.ID {
		s.again(a, w)
		return
	}
	chosen := a.chosen(index)
	if !slices.ContainsFunc(chosen, func(in *instance) bool { return in.state != Online && in.state != Starting }) {
		w.fail(a, running(a))
		return
	}
	w.wishes = true
	a.request, a.desired = r.ID, wire.DesiredRunning
	for _, in := range chosen {
		if in.state == Online || in.state == Starting {
			continue
		}
		w.add(in, didStarted).single = index >= 0
		in.fire(event{kind: AskStart})
	}
}

// again: the request was carried out before a supervisor was replaced; it is
// only waited for.
func (s *Supervisor) again(a *app, w *waiting) {
	for _, in := range a.instances {
		w.add(in, didStarted).began = true
		w.sub.add(in.event(nil))
	}
}

func (s *Supervisor) actRestart(a *app, index int, r wire.TargetRequest, w *waiting) {
	a.stopReload(how(r))
	if r.ID != "" && a.request == r.ID {
		s.again(a, w)
		return
	}
	if r.Env != nil {
		spec := a.spec
		spec.Env = withOwn(r.Env, &spec)
		a.setSpec(spec)
	}
	w.wishes = w.wishes || a.desired != wire.DesiredRunning
	a.request, a.desired = r.ID, wire.DesiredRunning
	for _, in := range a.chosen(index) {
		g := w.add(in, didRestarted)
		g.single, g.oldPID, g.began = index >= 0, in.proc.PID, in.state == Starting
		in.fire(event{kind: AskRestart, stop: how(r)})
	}
}

// withOwn is a caller's environment as the app gets it: the variables that were
// set for the app itself stay as they are.
func withOwn(env []string, spec *wire.Spec) []string {
	env = slices.Clone(env)
	if spec.Own == nil {
		return env
	}
	isOwn := func(name string) bool { return slices.Contains(spec.Own.Env, name) }
	env = slices.DeleteFunc(env, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return isOwn(name) || spec.Own.Hides(name)
	})
	for _, entry := range spec.Env {
		if name, _, _ := strings.Cut(entry, "="); isOwn(name) {
			env = append(env, entry)
		}
	}
	return env
}

// actDelete stops an app and forgets it when it rests. One instance of several
// is refused: who names one does not mean the others.
func (s *Supervisor) actDelete(a *app, index int, r wire.TargetRequest, w *waiting) {
	if index >= 0 && len(a.instances) > 1 {
		w.fail(a, &wire.Error{
			Code:    wire.CodeUsage,
			Message: fmt.Sprintf("app %q: an instance is not deleted alone (%d of %d)", a.spec.Name, index, len(a.instances)),
			Hint:    fmt.Sprintf("forever scale %s -1, or forever stop %s; forever delete %s deletes all of it", a.word(), a.wordOf(index), a.word()),
		})
		return
	}
	a.stopReload(how(r))
	w.wishes = true
	a.deleting, a.desired = true, wire.DesiredStopped
	for _, in := range a.chosen(-1) {
		w.add(in, didDeleted)
		in.fire(event{kind: AskStop, stop: how(r)})
	}
	s.forgetIfDone(a)
}

func (s *Supervisor) actSignal(a *app, index int, r wire.TargetRequest, w *waiting) {
	sig, err := proc.ParseSignal(r.Signal)
	if err != nil || sig == 0 {
		w.fail(a, &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("%q is not a signal", r.Signal)})
		return
	}
	for _, in := range a.chosen(index) {
		g := w.add(in, didSignalled)
		g.single, g.pid = index >= 0, in.proc.PID
		if in.proc.PID == 0 && in.state != Starting { // else the shim has it when this comes there
			g.done, g.err = true, notRunning(g.label, in.state)
			continue
		}
		state := in.state
		s.shimError(s.shim.Signal(in.slot, sig, false, func(m *wire.ShimMessage) { w.reach(g, unsignalled(g.label, state, m)) }))
	}
}

// unsignalled is what the shim's answer to a signal means for who asked for it.
func unsignalled(label string, state State, m *wire.ShimMessage) *wire.Error {
	switch {
	case m.Error == "":
		return nil
	case syscall.Errno(m.Errno) == syscall.ESRCH: // it could not be executed, or has just ended
		return notRunning(label, state)
	}
	return &wire.Error{Code: wire.CodeInternal, Message: fmt.Sprintf("app %q: signal: %s", label, m.Error)}
}

func notRunning(label string, state State) *wire.Error {
	return &wire.Error{Code: wire.CodeNoTarget, Message: fmt.Sprintf("app %q: does not run (%v)", label, state)}
}

func (s *Supervisor) actReset(a *app, index int, w *waiting) {
	for _, in := range a.chosen(index) {
		g := w.add(in, didReset)
		g.single, g.done = index >= 0, true
		in.runs, in.streak, in.restarts = min(in.runs, 1), 0, 0
	}
}

// Kill stops everything and ends both background processes.
func (s *Supervisor) Kill(ctx context.Context, timeoutMS *int64, emit func(wire.Event)) {
	s.post(func() { s.ending = true })
	s.Act(ctx, ActStop, wire.TargetRequest{Targets: []string{"all"}, TimeoutMS: timeoutMS}, emit)
}

// Shutdown stops everything and keeps what was wanted, as when the machine goes
// down; Run returns when it is done.
func (s *Supervisor) Shutdown() {
	s.post(func() {
		s.ending, s.used = true, true
		for _, a := range slices.Clone(s.apps) {
			for _, in := range a.all() {
				in.fire(event{kind: AskStop})
			}
		}
	})
}
