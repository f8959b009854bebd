package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"forever/internal/client"
	"forever/internal/wire"
)

// look asks for the state of our apps. One that is not listed any more has
// ended. It is for moments at which the watch owes no news of that: its
// beginning, its end, and when it has said of all instances that they rest.
func (f *foreground) look() {
	apps, _, err := f.service.Apps(f.ctx, client.Query{})
	if err != nil {
		return // the watch will tell, or end
	}
	for _, r := range f.apps {
		if r.known && !r.ended {
			r.compare(apps)
			f.confess(r, apps)
			f.settle(r)
		}
	}
}

// settle decides what the end of an app means for the run. While the start
// call is not answered, one that ended in an unknown way waits: the answer says
// more.
func (f *foreground) settle(r *resident) {
	if _, known := r.code(); !r.ended || r.counted || !known && !f.started {
		return
	}
	r.counted = true
	if f.verdict == nil && (r.essential || f.allEnded()) {
		f.decide(f.code(r))
	}
}

// code is the exit code that the end of r gives to the run: its own, or that
// of the first app that failed where none is essential.
func (f *foreground) code(r *resident) int {
	from := []*resident{r}
	if !r.essential {
		from = f.apps
	}
	for _, r := range from {
		code, known := r.code()
		if !known {
			f.err.Error(fmt.Sprintf("app %q has ended; its exit code is not known", r.name))
		}
		if code != 0 {
			return code
		}
	}
	return 0
}

// decide sets the exit code, once, and stops what still runs.
func (f *foreground) decide(code int) {
	if f.verdict != nil {
		return
	}
	f.verdict = &code
	f.stopAll()
}

// forgetTime bounds the farewell: the exit code is what somebody waits for.
const forgetTime = time.Second

// forget takes our apps off the list, where they stay for a moment so that we
// can see how they ended. Whoever does not come for them is not missed, so an
// error says nothing.
func (f *foreground) forget() {
	r := wire.TargetRequest{}
	for _, a := range f.apps {
		if a.known && a.ended {
			r.Targets = append(r.Targets, strconv.Itoa(a.id))
		}
	}
	if f.alone || len(r.Targets) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(f.ctx, forgetTime)
	defer cancel()
	_ = f.service.Act(ctx, "delete", r, func(wire.Event) {})
}

func (f *foreground) allEnded() bool {
	for _, r := range f.apps {
		if !r.ended {
			return false
		}
	}
	return true
}

// over reports that the exit code is certain and nothing of ours is left.
func (f *foreground) over() bool {
	if f.verdict == nil || !f.started {
		return false
	}
	for _, r := range f.apps {
		if r.known && !r.ended {
			return false
		}
	}
	return true
}
