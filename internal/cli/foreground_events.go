package cli

import "forever/internal/wire"

// startEvent learns which apps are ours, and which could not be started.
func (f *foreground) startEvent(ev wire.Event) {
	r := f.named(ev.App)
	switch {
	case ev.Type == wire.EventWarning && r != nil:
		f.unwatched(r, ev)
	case ev.Type == wire.EventWarning:
		f.warn(ev)
	case ev.Type == wire.EventResult && ev.Err != nil && (r == nil || !begins(ev.Err)):
		f.complain(ev)
		f.decide(startCode(ev.Err))
		if r != nil {
			r.ended = true
		}
	case r != nil:
		f.learn(r, ev.ID)
		f.state(r, ev)
	}
}

// begins reports errors of an app that was started all the same, and lives on
// by its restart policy.
func begins(e *wire.Error) bool { return e.Code == wire.CodeDied || e.Code == wire.CodeNotReady }

func startCode(e *wire.Error) int {
	if e.Exit != 0 {
		return e.Exit
	}
	return remoteCode(e)
}

// learn knows an app's id from now on; what the watch told of it before counts.
func (f *foreground) learn(r *resident, id int) {
	if r.known && r.id == id {
		return
	}
	r.id, r.known = id, true
	early := f.strange
	f.strange = nil
	for _, ev := range early {
		f.watchEvent(ev)
	}
	if f.asked > 0 {
		f.stop(r)
		return
	}
	f.payUp(r)
}

func (f *foreground) watchEvent(ev wire.Event) {
	if ev.Type == wire.EventWatching {
		f.look()
		return
	}
	for _, r := range f.apps {
		switch {
		case !r.known || r.id != ev.ID:
			continue
		case ev.Type == wire.EventWarning:
			f.unwatched(r, ev)
		default:
			f.state(r, ev)
		}
		return
	}
	if r := f.named(ev.App); r != nil && !r.known {
		f.strange = append(f.strange, ev)
	}
}

func (f *foreground) named(name string) *resident {
	for _, r := range f.apps {
		if r.name == name {
			return r
		}
	}
	return nil
}

// state takes a change of one of our apps.
func (f *foreground) state(r *resident, ev wire.Event) {
	switch {
	case ev.Type != wire.EventState || r.ended:
		return
	case ev.State == wire.Deleted:
		r.ended = true
	case notExecuted(ev):
		f.unexecuted(r, ev)
	default:
		f.narrate(r, ev)
		r.enter(ev.Instance, ev.State, ev.Exit)
		if r.rests() && !r.ended {
			f.look() // the end, or the middle of somebody's restart
		}
	}
	f.settle(r)
}

// unwatched: no change of its files will be seen, nor waited for. Both streams
// tell of it.
func (f *foreground) unwatched(r *resident, ev wire.Event) {
	if !r.unwatched {
		f.warn(ev)
	}
	r.unwatched, r.waits = true, r.timed
	r.ended = r.ended || r.over()
	f.settle(r)
}

// notExecuted tells the failure of a program that could not be executed from
// that of one that ran.
func notExecuted(ev wire.Event) bool {
	return ev.State == wire.Failed && (ev.Err != nil || ev.Exit != nil && ev.Exit.PID == 0)
}

// unexecuted ends an app whose program cannot be executed any more. The first
// time, the answer of the start call says so; without an error here, the next
// event has it.
func (f *foreground) unexecuted(r *resident, ev wire.Event) {
	if !f.started || ev.Err == nil {
		return
	}
	f.complain(ev)
	r.ended, r.fault = true, startCode(ev.Err)
}
