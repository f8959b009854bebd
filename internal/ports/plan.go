package ports

import (
	"cmp"
	"context"
	"os"
	"slices"

	"forever/internal/sockets"
	"forever/internal/who"
)

// plan is what one round has to do.
type plan struct {
	victims []*victim // by PID
	apps    []*doomed
}

// victim is a process that is to be ended, for the sake of some ports.
type victim struct {
	who.Process
	results []*Result
	sent    string // the last signal that it got; empty: none, it was gone already
	err     error
}

// doomed is an app that is to be stopped.
type doomed struct {
	who.App
	results []*Result
	err     error
}

func (p *plan) empty() bool { return len(p.victims) == 0 && len(p.apps) == 0 }

// plan decides every port that is free or cannot be freed, and plans the end of
// what listens on the others.
func (f *freeing) plan(ctx context.Context, found []sockets.Socket) *plan {
	p := &plan{}
	for i := range f.results {
		r := &f.results[i]
		if r.State != "" {
			continue
		}
		var on []sockets.Socket
		for _, s := range found {
			if r.Port.covers(&s) {
				on = append(on, s)
			}
		}
		if len(on) == 0 {
			f.free(r)
			continue
		}
		f.planPort(ctx, p, r, on)
	}
	slices.SortFunc(p.victims, func(a, b *victim) int { return cmp.Compare(a.PID, b.PID) })
	return p
}

// planPort adds what holds the port's sockets to the plan; all of it, or none
// when one of them has to be spared.
func (f *freeing) planPort(ctx context.Context, p *plan, r *Result, on []sockets.Socket) {
	holders, hidden := f.holders(on)
	if len(holders) == 0 && hidden != nil {
		r.unseen(hidden, f)
		return
	}
	for _, h := range holders {
		if r.begun() && h.Since.After(f.began) {
			r.again(h, f.table)
			return
		}
		if f.spared(r, h) {
			return
		}
	}
	for _, h := range holders {
		if h.App != nil && f.stoppedWhole(ctx, *h.App) {
			p.addApp(*h.App, r)
			continue
		}
		p.addVictim(h, r)
		if f.Tree {
			f.addFamily(p, h, r)
		}
	}
}

// stoppedWhole tells whether the app is stopped rather than its process killed.
// Our own app never is, since we would be stopped with it, and it need not even
// be the holder's: whatever is started under an app inherits its marks.
func (f *freeing) stoppedWhole(ctx context.Context, app who.App) bool {
	if f.StopApp == nil {
		return false
	}
	for _, known := range f.apps {
		if known.Same(app) {
			return known.whole
		}
	}
	own := who.AppOf(os.Getpid())
	whole := (own == nil || !own.Same(app)) && (f.HasApp == nil || f.HasApp(ctx, app))
	f.apps = append(f.apps, knownApp{app, whole})
	return whole
}

// oneByOne notes that an app cannot be stopped, or has been and its process is
// still there: what is left of it is killed.
func (f *freeing) oneByOne(app who.App) {
	for i := range f.apps {
		if f.apps[i].Same(app) {
			f.apps[i].whole = false
		}
	}
}

// holders describes the processes that hold the sockets, forever's own
// background processes aside if there are others; hidden is a socket without
// a holder.
func (f *freeing) holders(on []sockets.Socket) (holders []who.Process, hidden *sockets.Socket) {
	var keepers []who.Process
	for i := range on {
		if len(on[i].PIDs) == 0 {
			hidden = &on[i]
		}
		for _, pid := range on[i].PIDs {
			e, ok := f.table.Get(pid)
			if !ok || contains(holders, pid) || contains(keepers, pid) {
				continue
			}
			p := f.Describe(e)
			if f.Keeper != nil && f.Keeper(p) {
				keepers = append(keepers, p)
			} else {
				holders = append(holders, p)
			}
		}
	}
	if len(holders) == 0 {
		holders = keepers
	}
	return holders, hidden
}

func contains(list []who.Process, pid int) bool {
	return slices.ContainsFunc(list, func(p who.Process) bool { return p.PID == pid })
}

// addFamily adds the descendants of a holder, except those that are always spared.
func (f *freeing) addFamily(p *plan, h who.Process, r *Result) {
	for _, e := range f.table.Below(h.Entry)[1:] {
		if e.PID != os.Getpid() && !e.Ended() && (f.Force || !f.isAncestor(e.PID)) {
			p.addVictim(f.Describe(e), r)
		}
	}
}

func (p *plan) addVictim(h who.Process, r *Result) {
	for _, v := range p.victims {
		if v.PID == h.PID {
			v.results = addOnce(v.results, r)
			return
		}
	}
	p.victims = append(p.victims, &victim{Process: h, results: []*Result{r}})
}

func (p *plan) addApp(app who.App, r *Result) {
	for _, d := range p.apps {
		if d.Same(app) {
			d.results = addOnce(d.results, r)
			return
		}
	}
	p.apps = append(p.apps, &doomed{App: app, results: []*Result{r}})
}

func addOnce(list []*Result, r *Result) []*Result {
	if slices.Contains(list, r) {
		return list
	}
	return append(list, r)
}
