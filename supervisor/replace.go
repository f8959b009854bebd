package supervisor

import (
	"context"
	"slices"

	"forever/internal/wire"
)

// tend brings what looks after apps from outside (their memory, health, the time, files) in
// line with what the apps are now. The loop calls it whenever something has
// changed.
func (s *Supervisor) tend() {
	s.tendMemory()
	for _, a := range slices.Clone(s.apps) {
		a.tendTurn()
		a.tend()
	}
}

func (a *app) tend() {
	a.tendCron()
	a.tendWatch()
	for _, list := range [][]*instance{a.instances, a.others} {
		for _, in := range list {
			in.tendHealth()
			in.tendVigil()
		}
	}
	if a.spec.Foreground && a.farewell == nil && !a.deleting && !a.gone && a.resting() && !a.expects() {
		a.linger() // it rested before, and nothing will start it any more
	}
}

// expects: the app may rest, but something is to start it again.
func (a *app) expects() bool {
	return a.awake() && (a.cron != nil || a.watch != nil && a.watch.failed == nil)
}

// replace starts an instance anew by a decision of ours, not by a user's
// command: what the restart policy counts goes on, and what a user stopped
// stays so. why is told to people.
func (in *instance) replace(why string) {
	if in.app.desired != wire.DesiredRunning || in.app.deleting || in.state == Stopped {
		return
	}
	why = "restarted: " + why
	switch {
	case in.state == Starting && in.after == afterStart:
		return // it is replaced as soon as it is there
	case in.state == Stopping: // it goes anyway; only what was left to the policy is decided now
		if in.after == afterPolicy {
			in.after, in.cause = afterStart, why
		}
		return
	}
	in.app.s.logf("%s: %s", in.label(), why)
	in.fire(event{kind: AskRestart, why: why})
}

// blameCause tells of the end of a process that we replace why it came.
func (in *instance) blameCause(x *wire.Exit) {
	if in.after == afterStart && in.cause != "" {
		x.Reason = in.cause
	}
}

// reloadFor is replace without a moment in which nothing serves, where that can be.
func (in *instance) reloadFor(why string) {
	a, s := in.app, in.app.s
	switch {
	case a.reloading != nil:
		return // who looks again will see
	case a.cannotReload(in.index) != "":
		in.replace(why)
		return
	}
	s.logf("%s: reloaded: %s", in.label(), why)
	go func() {
		ctx, cancel := s.whileRunning()
		defer cancel()
		w := s.begin(ctx, -1, s.logError)
		defer w.end()
		s.ask(func() {
			if in.state == Online && a.instance(in.index) == in && a.reloading == nil && a.desired == wire.DesiredRunning {
				s.actReload(a, in.index, wire.TargetRequest{}, w)
			}
		})
		w.wait()
		s.ask(func() {
			if next := a.instance(in.index); next != nil && next != in {
				next.note = "reloaded: " + why
				s.changed()
			}
		})
	}()
}

// logError keeps what went wrong in a command of ours, which nobody else hears.
func (s *Supervisor) logError(e wire.Event) {
	if e.Err != nil {
		s.logf("%s", e.Err.Message)
	}
}

// whileRunning is a context that ends with the loop.
func (s *Supervisor) whileRunning() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		select {
		case <-s.done:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
