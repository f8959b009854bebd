package supervisor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/schedule"
	"forever/internal/watch"
	"forever/internal/wire"
)

// Start starts apps and returns when each has been executed and its first
// moments are over, or is ready, or has failed. streams are the client's
// stdout and stderr or nothing; they are closed here.
func (s *Supervisor) Start(ctx context.Context, r wire.StartRequest, streams []*os.File, emit func(wire.Event)) {
	defer closeFiles(streams)
	for i := range r.Specs {
		err := check(&r.Specs[i], streams)
		if err == nil {
			err = unique(r.Specs[:i], r.Specs[i].Name)
		}
		if err != nil {
			emit(wire.Event{Type: wire.EventDone, Err: err})
			return
		}
	}
	w := s.begin(ctx, r.WaitMS, emit)
	defer w.end()
	var refused *wire.Error
	accepted := s.ask(func() {
		w.sub.take() // what came before the command is not of it
		s.warn(emit)
		if refused = s.ordered(r.Specs); refused != nil {
			return
		}
		var fresh []*app
		for _, spec := range r.Specs {
			a, isNew := s.accept(spec, r, w)
			if isNew {
				fresh = append(fresh, a)
			}
		}
		s.launchAll(fresh, streams, w)
	})
	if !accepted {
		<-ctx.Done() // as in wait
		return
	}
	if refused != nil {
		emit(wire.Event{Type: wire.EventDone, Err: refused})
		return
	}
	w.wait()
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// check refuses a spec that could not be carried out.
func check(spec *wire.Spec, streams []*os.File) *wire.Error {
	usage := func(format string, args ...any) *wire.Error {
		return &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: ", spec.Name) + fmt.Sprintf(format, args...)}
	}
	if spec.Name == "" || spec.Script == "" {
		return &wire.Error{Code: wire.CodeUsage, Message: "an app needs a name and a script"}
	}
	if spec.Stop.Signal == "" {
		spec.Stop.Signal = "SIGTERM"
	}
	if _, err := proc.ParseSignal(spec.Stop.Signal); err != nil {
		return usage("%v", err)
	}
	policies := []string{wire.RestartOnFailure, wire.RestartAlways, wire.RestartNever}
	if spec.Policy.Restart == "" {
		spec.Policy.Restart = wire.RestartOnFailure
	}
	if !slices.Contains(policies, spec.Policy.Restart) {
		return usage("unknown restart policy %q (on-failure, always, never)", spec.Policy.Restart)
	}
	if spec.Namespace == "" {
		spec.Namespace = "default"
	}
	if spec.Ready != "" {
		if _, err := probe.ParseReady(spec.Ready); err != nil {
			return usage("readiness %v", err)
		}
	}
	if spec.Policy.Cron != "" {
		if _, err := schedule.Parse(spec.Policy.Cron, time.Now()); err != nil {
			return usage("cron restart %v", err)
		}
	}
	if spec.Watch != nil {
		for _, pattern := range spec.Watch.Ignore {
			if err := watch.Check(pattern); err != nil {
				return usage("watch-ignore %v", err)
			}
		}
	}
	if (spec.Output.Direct || spec.Output.Also) && len(streams) != 2 {
		return usage("output to the client needs its two descriptors")
	}
	if spec.Instances > wire.MaxInstances {
		return usage("wants at most %d instances, not %d", wire.MaxInstances, spec.Instances)
	}
	spec.Instances = max(spec.Instances, 1)
	return nil
}

// unique refuses a name that is in one request twice.
func unique(before []wire.Spec, name string) *wire.Error {
	if !slices.ContainsFunc(before, func(s wire.Spec) bool { return s.Name == name }) {
		return nil
	}
	return &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("two apps are called %q", name), Hint: "give one of them another name"}
}

// accept takes one app of a start request into the list; isNew: it is to be
// launched. The loop calls it.
func (s *Supervisor) accept(spec wire.Spec, r wire.StartRequest, w *waiting) (a *app, isNew bool) {
	a = s.byName(spec.Name)
	other := s.byUID(spec.UID)
	switch {
	case spec.UID != "" && other != nil && other != a:
		w.deny(spec.Name, &wire.Error{
			Code:    wire.CodeUsage,
			Message: fmt.Sprintf("app %q: uid %q is that of app %q (id %d)", spec.Name, spec.UID, other.spec.Name, other.id),
			Hint:    "give it a uid of its own, or forever delete " + other.word(),
		})
		return nil, false
	case a == nil:
		a = s.newApp(s.nextID, spec)
		s.nextID++
		s.apps = append(s.apps, a)
		w.created[a] = true
	case r.ID != "" && a.request == r.ID:
		s.again(a, w) // asked again after a supervisor was replaced
		return a, false
	case a.deleting || !a.resting() && !r.Force:
		w.fail(a, running(a))
		return a, false
	default:
		s.replaceSpec(a, spec)
	}
	a.request, a.desired = r.ID, wire.DesiredRunning
	w.app(a, didStarted)
	return a, true
}

func running(a *app) *wire.Error {
	err := &wire.Error{
		Code:    wire.CodeRunning,
		Message: fmt.Sprintf("app %q %s (id %d)", a.spec.Name, a.doing(), a.id),
		Hint:    fmt.Sprintf("forever restart %s; or start a second one with --name, or replace it with --force", a.word()),
	}
	if a.deleting {
		err.Hint = "run it again when that is done"
	}
	return err
}

// doing says what keeps an app from being started.
func (a *app) doing() string {
	switch status := a.status(); {
	case a.deleting:
		return "is being deleted"
	case slices.ContainsFunc(a.instances, func(in *instance) bool { return in.due }):
		return "is being started by another command"
	case status == wire.Stopping:
		return "is still stopping"
	case status == wire.Stopped || status == wire.Exited || status == wire.Failed: // some of it
		return "runs already"
	default:
		return "is " + status + " already"
	}
}

// replaceSpec gives an app that rests, or is replaced by force, its new spec.
// Pipes and logs of the old one go; they are made anew for the new.
func (s *Supervisor) replaceSpec(a *app, spec wire.Spec) {
	a.setSpec(spec)
	a.created = s.clock.Now()
	for len(a.instances) < spec.Instances {
		a.addInstance(len(a.instances))
	}
	for _, in := range a.instances {
		in.renew = true
	}
	for len(a.instances) > spec.Instances {
		last := a.instances[len(a.instances)-1]
		if !last.state.resting() {
			break // it is stopped below and dropped when it rests
		}
		last.dismiss()
	}
}

// launchAll writes the state, and starts the apps when it is on disk: what
// runs is always known. Where it cannot be written nothing is started.
func (s *Supervisor) launchAll(apps []*app, streams []*os.File, w *waiting) {
	if len(apps) == 0 {
		return
	}
	if err := s.keepStreams(apps, streams); err != nil {
		s.giveUp(apps, w, &wire.Error{Code: wire.CodeInternal, Message: err.Error()})
		return
	}
	s.active++
	left := preparedSlots
	for _, a := range apps {
		for _, in := range a.instances {
			in.due = in.index < a.spec.Instances
			if left > 0 && w.created[a] && s.prepare(in) {
				left--
			}
		}
	}
	s.writer.write(func(err error) {
		s.active--
		if err != nil {
			s.giveUp(apps, w, &wire.Error{
				Code: wire.CodeState, Message: err.Error(), Hint: "nothing was started; make room or rights for the root folder and run it again",
			})
			return
		}
		for _, a := range apps {
			a.launchInTurn(w)
		}
	})
}

// launchApp starts an app that is on disk, but for what another command has
// stopped, started or deleted meanwhile.
func (s *Supervisor) launchApp(a *app) {
	if !slices.Contains(s.apps, a) {
		return
	}
	for _, in := range a.chosen(-1) {
		if in.due || in.index >= a.spec.Instances {
			in.fire(event{kind: in.startKind()})
		}
	}
}

// startKind: what runs (start --force) is replaced.
func (in *instance) startKind() EventKind {
	if in.index >= in.app.spec.Instances {
		return AskStop
	}
	if in.state.resting() {
		return AskStart
	}
	return AskRestart
}

func (s *Supervisor) giveUp(apps []*app, w *waiting, err *wire.Error) {
	for _, a := range apps {
		w.fail(a, err)
		for _, in := range a.instances {
			in.due = false
		}
		switch {
		case w.created[a]:
			s.remove(a)
		case a.resting():
			a.desired = wire.DesiredStopped // else what --force was to replace goes on
		}
	}
}

// keepStreams gives the client's stdout and stderr to the shim, under the
// names of each app that writes there.
func (s *Supervisor) keepStreams(apps []*app, streams []*os.File) error {
	for _, a := range apps {
		if !a.spec.Output.Direct && !a.spec.Output.Also {
			continue
		}
		for i, name := range []string{streamOut, streamErr} {
			f, err := dupFile(streams[i])
			if err != nil {
				return err
			}
			if err := s.shim.Put(a.heldName(name), f, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// warn tells the first command after a damaged state file of it.
func (s *Supervisor) warn(emit func(wire.Event)) {
	if s.warning != "" {
		emit(wire.Event{Type: wire.EventWarning, Message: s.warning})
		s.warning = ""
	}
}
