package cli

import (
	"fmt"
	"slices"

	"forever/internal/wire"
)

// resident is one app of a foreground run.
type resident struct {
	name      string
	essential bool
	once      bool // it is never restarted
	waits     bool // at rest too it waits for a change of its files, or for its time
	timed     bool // it has such a time
	unwatched bool // its files cannot be watched
	id        int
	known     bool // id is
	ended     bool // for good
	counted   bool // and the run has taken note of it
	fault     int  // the exit code of a program that could not be executed any more
	owed      []debt
	lives     []life
}

// debt is an action that was asked for before the app's id was known.
type debt struct {
	action  string
	request wire.TargetRequest
}

// life is what is known of one instance.
type life struct {
	state string
	exit  *wire.Exit
}

func newResident(s *wire.Spec) *resident {
	timed := s.Policy.Cron != ""
	return &resident{
		name: s.Name, essential: s.Essential, lives: make([]life, max(1, s.Instances)),
		once: s.Policy.Restart == wire.RestartNever, timed: timed, waits: timed || s.Watch != nil && s.Watch.On,
	}
}

// index is the number of an instance to show: -1 where there is but one.
func (r *resident) index(i int) int {
	if len(r.lives) == 1 {
		return -1
	}
	return i
}

// enter takes a change of state. The app has ended when all instances have;
// "stopped" is left to compare, since somebody's restart passes through it.
func (r *resident) enter(i int, state string, exit *wire.Exit) {
	if i < 0 || i >= len(r.lives) {
		return
	}
	r.lives[i].state = state
	if exit != nil && state != wire.Stopping { // there it is the one before
		r.lives[i].exit = exit
	}
	r.ended = r.over()
}

// over reports that all instances have ended, and that nothing is to start them.
func (r *resident) over() bool { return r.all(wire.Exited, wire.Failed) && !r.waits }

// rests reports that no instance runs or is about to.
func (r *resident) rests() bool { return r.all(wire.Exited, wire.Failed, wire.Stopped) }

// all reports that each instance is in one of these states.
func (r *resident) all(states ...string) bool {
	for _, l := range r.lives {
		if !slices.Contains(states, l.state) {
			return false
		}
	}
	return true
}

// ran reports that an instance was up when last heard of.
func (r *resident) ran(i int) bool {
	return i >= 0 && i < len(r.lives) && r.lives[i].state == wire.Online
}

// compare looks for the app in a fresh list. It is certain in one way only: an
// app that has ended there has ended; one that runs may have news on the way.
func (r *resident) compare(apps []wire.App) {
	for i := range apps {
		if apps[i].ID == r.id && apps[i].Name == r.name {
			r.ended = r.resting(&apps[i])
			return
		}
	}
	r.ended = true
}

// resting reports that no instance of the app runs or will run, and takes over
// how each one ended.
func (r *resident) resting(a *wire.App) bool {
	for _, in := range a.Instances {
		over := (in.Status == wire.Exited || in.Status == wire.Failed) && !r.waits ||
			r.rested(in.Status) && a.Desired != wire.DesiredRunning
		if !over {
			return false
		}
	}
	for _, in := range a.Instances {
		if in.LastExit != nil && in.Index < len(r.lives) {
			r.lives[in.Index].exit = in.LastExit
		}
	}
	return true
}

// rested: there is no process. What ended by itself counts only where that is
// not the end: then a stop finds it so.
func (r *resident) rested(status string) bool {
	return status == wire.Stopped || r.waits && (status == wire.Exited || status == wire.Failed)
}

// code is the exit code of the app: that of the first instance that has one
// other than 0. known is false where an exit was not seen; the code is 1 then.
func (r *resident) code() (code int, known bool) {
	if r.fault != 0 {
		return r.fault, true
	}
	known = true
	for _, l := range r.lives {
		if l.exit == nil || l.exit.Code < 0 {
			known = false
			continue
		}
		if l.exit.Code != 0 {
			return l.exit.Code, true
		}
	}
	if !known {
		return codeFailed, false
	}
	return 0, true
}

// ending is how a run ended, as part of a sentence.
func ending(e *wire.Exit) string {
	switch {
	case e.Blamed:
		return "failed: " + e.Reason
	case e.OOM:
		return "was killed for lack of memory"
	case e.Signal != "":
		return "was killed by " + e.Signal
	case e.Code < 0:
		return "ended"
	}
	return fmt.Sprintf("exited with code %d", e.Code)
}
