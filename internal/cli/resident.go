package cli

import (
	"fmt"

	"forever/internal/render"
	"forever/internal/wire"
)

// resident is one app of a foreground run.
type resident struct {
	name      string
	essential bool
	id        int
	known     bool // id is
	ended     bool // for good
	counted   bool // and the run has taken note of it
	lives     []life
}

// life is what is known of one instance.
type life struct {
	state string
	exit  *wire.Exit
}

func newResident(s *wire.Spec) *resident {
	return &resident{name: s.Name, essential: s.Essential, lives: make([]life, max(1, s.Instances))}
}

// index is the number of an instance to show: -1 where there is but one.
func (r *resident) index(i int) int {
	if len(r.lives) == 1 {
		return -1
	}
	return i
}

// enter takes a change of state. The app has ended when all instances have;
// "stopped" is left to compare, since a restart passes through it.
func (r *resident) enter(i int, state string, exit *wire.Exit) {
	if i < 0 || i >= len(r.lives) {
		return
	}
	r.lives[i].state = state
	if exit != nil {
		r.lives[i].exit = exit
	}
	for _, l := range r.lives {
		if l.state != wire.Exited && l.state != wire.Failed {
			return
		}
	}
	r.ended = true
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
		over := in.Status == wire.Exited || in.Status == wire.Failed ||
			in.Status == wire.Stopped && a.Desired != wire.DesiredRunning
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

// code is the exit code of the app: that of the first instance that has one
// other than 0. known is false where an exit was not seen; the code is 1 then.
func (r *resident) code() (code int, known bool) {
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
	case e.OOM:
		return "was killed for lack of memory"
	case e.Signal != "":
		return "was killed by " + e.Signal
	case e.Code < 0:
		return "ended"
	}
	return fmt.Sprintf("exited with code %d", e.Code)
}

func milliseconds(ms int64) string { return render.Milliseconds(ms) }
