package ports

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
	"forever/internal/wire"
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
func (f *freeing) plan(found []sockets.Socket, round int) *plan {
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
		f.planPort(p, r, on, round)
	}
	slices.SortFunc(p.victims, func(a, b *victim) int { return cmp.Compare(a.PID, b.PID) })
	return p
}

// planPort adds what holds the port's sockets to the plan; all of it, or none
// when one of them has to be spared.
func (f *freeing) planPort(p *plan, r *Result, on []sockets.Socket, round int) {
	holders, hidden := f.holders(on)
	if len(holders) == 0 && hidden != nil {
		r.unseen(hidden, f)
		return
	}
	for _, h := range holders {
		if round > 0 && h.Since.After(f.began) {
			r.again(h, f.table)
			return
		}
		if f.spared(r, h) {
			return
		}
	}
	for _, h := range holders {
		if h.App != nil && f.StopApp != nil && !slices.ContainsFunc(f.noApps, h.App.Same) {
			p.addApp(*h.App, r)
			continue
		}
		p.addVictim(h, r)
		if f.Tree {
			f.addFamily(p, h, r)
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

// spared decides the result if the holder must not be killed.
func (f *freeing) spared(r *Result, h who.Process) bool {
	port := r.Port.String()
	switch {
	case h.PID == os.Getpid():
		r.fail(wire.CodeNotStopped, fmt.Sprintf("port %s is held by this command itself", port), "")
	case h.PID == 1:
		r.fail(wire.CodeNotStopped, fmt.Sprintf("port %s is held by process 1 (%s), and everything would end with it", port, h.Name), "")
	case f.Keeper != nil && f.Keeper(h):
		r.fail(wire.CodeNotStopped, fmt.Sprintf("port %s is kept by forever for an app that is not running at the moment", port),
			"forever list")
	case !f.Force && f.isAncestor(h.PID):
		r.fail(wire.CodeNotStopped, fmt.Sprintf("port %s is held by %s (pid %d), in which this command runs", port, h.Name, h.PID),
			"forever killport --force "+port)
	default:
		return false
	}
	return true
}

// isAncestor tells whether this process descends from pid.
func (f *freeing) isAncestor(pid int) bool {
	for e, ok := f.table.Get(os.Getpid()); ok && e.PPID > 0 && e.PPID != e.PID; e, ok = f.table.Get(e.PPID) {
		if e.PPID == pid {
			return true
		}
	}
	return false
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

// free decides a port on which nobody listens. Before anything was done for it
// that is an error, and the reason may be that the listener is elsewhere.
func (f *freeing) free(r *Result) {
	if len(r.Ended) > 0 || len(r.Stopped) > 0 {
		r.State = Freed
		return
	}
	r.State = WasFree
	r.Err = &wire.Error{Code: wire.CodeNoTarget, Message: fmt.Sprintf("nothing listens on port %v", r.Port)}
	elsewhere, err := sockets.Elsewhere(query([]Port{r.Port}))
	if err != nil {
		return // only the hint is lost
	}
	for _, s := range elsewhere {
		if r.Port.covers(&s) && len(s.PIDs) > 0 {
			pid := strconv.Itoa(s.PIDs[0])
			r.Err.Message += fmt.Sprintf(" here, but in another network namespace (a container?), that of process %s", pid)
			r.Err.Hint = "nsenter --net --target " + pid + " forever killport " + r.Port.String()
			return
		}
	}
}

// unseen decides a port whose holder nobody showed us.
func (r *Result) unseen(s *sockets.Socket, f *freeing) {
	port := r.Port.String()
	if s.UID >= 0 && s.UID != os.Geteuid() && os.Geteuid() != 0 {
		r.fail(wire.CodeNotStopped, fmt.Sprintf("port %s is held by a process of user %s, which only that user and root may see",
			port, f.LookupUser(uint32(s.UID))), "sudo forever killport "+port)
		return
	}
	r.fail(wire.CodeNotStopped, fmt.Sprintf("port %s is held by a process that cannot be seen: in another container, or the kernel itself", port),
		"run forever outside of the container, or as root")
}

// again decides a port that was freed and taken anew by a process that did not
// exist before: somebody watches over it.
func (r *Result) again(h who.Process, table *proc.Table) {
	message := fmt.Sprintf("port %v is taken again, by %s (pid %d)", r.Port, h.Name, h.PID)
	hint := "forever ports " + r.Port.String()
	if parent, ok := table.Get(h.PPID); ok {
		message += fmt.Sprintf(", which %s (pid %d) started anew", who.Name(parent), parent.PID)
		hint = fmt.Sprintf("stop what keeps it running: process %d", parent.PID)
	}
	r.fail(wire.CodeNotStopped, message, hint)
}
