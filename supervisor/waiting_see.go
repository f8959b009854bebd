package supervisor

import (
	"fmt"

	"forever/internal/wire"
)

// see matches one event with the goals.
func (w *waiting) see(e wire.Event) {
	w.mu.Lock()
	var match []*goal
	var elsewhere []bool
	for _, g := range w.goals {
		if g.id == e.ID && !g.done && (g.index == e.Instance || e.Instance < 0) {
			match = append(match, g)
			elsewhere = append(elsewhere, g.did == didReloaded && !g.upwards || g.did == didSent && e.State == wire.Online)
		}
	}
	w.mu.Unlock()
	if e.Type == wire.EventWarning && len(match) > 0 {
		w.emit(e) // once, however many instances it is about
		return
	}
	for i, g := range match {
		w.emit(e)
		switch {
		case elsewhere[i]:
			// It is said elsewhere when it is done.
		case g.up():
			w.seeUp(g, e)
		case g.did == didSent:
			w.seeMute(g, e)
		default:
			w.seeDown(g, e)
		}
	}
}

// up: the goal is a process, not the end of one.
func (g *goal) up() bool { return g.did == didStarted || g.did == didRestarted || g.upwards }

// seeUp follows a start.
func (w *waiting) seeUp(g *goal, e wire.Event) {
	switch e.State {
	case wire.Starting:
		if e.PID == 0 && g.ran && w.seeAgain(g, e) {
			return
		}
		if g.swapped && e.PID != 0 && w.waitMS == 0 {
			w.seeSwapped(g, e)
			return
		}
		g.began, g.ran = true, g.ran || e.PID != 0 && e.PID != g.oldPID
		if e.PID != 0 && w.waitMS == 0 && e.PID != g.oldPID && e.PID != g.pid {
			g.pid = e.PID // executed, and not ready yet: that is waited for only with --wait
			go w.watch(g, e.PID)
		}
	case wire.Online:
		g.ran = g.ran || e.PID != 0 && e.PID != g.oldPID
		if g.ready && w.waitMS != 0 && e.PID != 0 && e.PID != g.oldPID {
			g.pid = e.PID
			w.finish(g, nil)
			return
		}
		if g.swapped && e.PID != 0 {
			w.seeSwapped(g, e)
			return
		}
		if e.PID != 0 && e.PID != g.oldPID && e.PID != g.pid {
			g.began, g.pid = true, e.PID
			if g.message == "" {
				g.message = e.Message // "restarted, not reloaded" counts more
			}
			go w.watch(g, e.PID)
		}
	case wire.Stopping:
		if e.Err != nil {
			w.finish(g, e.Err) // it was not ready in time, or what it should replace does not end
		}
	case wire.Failed, wire.Backoff, wire.Exited:
		if g.began {
			w.seeEnd(g, e)
		}
	case wire.Stopped, wire.Deleted:
		w.seeEnd(g, e)
	}
}

// seeAgain: what was just started is started again. Where the restart policy
// does that, without a pause, the first process has failed; false: another
// command does it, or a change of its files, its hour or its memory, and what
// comes now is waited for.
func (w *waiting) seeAgain(g *goal, e wire.Event) bool {
	if e.Message != "" {
		g.swapped, g.message = true, e.Message
		return false
	}
	w.s.ask(func() {
		for _, in := range g.app.chosen(g.index) {
			if in.runs > 1 && len(in.exits) > 0 {
				x := in.exits[0]
				e.Exit = &x
			}
		}
	})
	if e.Exit == nil {
		return false
	}
	w.died(g, e)
	return true
}

// seeSwapped: the process that we put in the place of one in its first moments
// is there. It has none of its own, which might end in the same way for ever.
func (w *waiting) seeSwapped(g *goal, e wire.Event) {
	g.pid = e.PID
	w.finish(g, nil)
}

// seeEnd: what was just started has ended already.
func (w *waiting) seeEnd(g *goal, e wire.Event) {
	switch {
	case e.Err != nil && e.Err.Code == wire.CodeExec:
		w.notExecuted(g, e)
	case e.State == wire.Stopped || e.State == wire.Deleted:
		w.finish(g, &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("app %q: another command stopped it", g.label)})
	case e.State == wire.Exited:
		g.message = "it has ended already, with " + reason(e.Exit)
		w.finish(g, nil)
	default:
		w.died(g, e)
	}
}

// seeMute follows a send: what ends has no answer any more. While it is being
// stopped it may still give one.
func (w *waiting) seeMute(g *goal, e wire.Event) {
	if e.State == wire.Stopping || e.PID != 0 {
		return
	}
	err := &wire.Error{
		Code: wire.CodeDied, Hint: "forever logs " + g.word,
		Message: fmt.Sprintf("app %q: ended before it answered", g.label),
	}
	if e.Exit != nil {
		err.Message += ": " + e.Exit.Reason
	}
	w.finish(g, err)
}

// seeDown follows a stop or a deletion.
func (w *waiting) seeDown(g *goal, e wire.Event) {
	switch {
	case e.State == wire.Deleted:
		w.finish(g, nil)
	case e.Err != nil:
		w.finish(g, e.Err)
	case g.did == didDeleted:
		// It counts when it is forgotten.
	case e.State == wire.Stopped || e.State == wire.Exited || e.State == wire.Failed:
		w.drain(g) // before stop returns
		w.finish(g, nil)
	case e.State == wire.Starting:
		g.message = "another command started it again"
		w.finish(g, nil)
	}
}
