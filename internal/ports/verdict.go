package ports

import (
	"fmt"
	"os"
	"strconv"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
	"forever/internal/wire"
)

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

// free decides a port on which nobody listens. Before anything was done for it
// that is an error, and the reason may be that the listener is elsewhere.
func (f *freeing) free(r *Result) {
	if r.begun() {
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
