package supervisor

import (
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/proc"
)

// rivals are the groups with the port of a bind where the instance's process has
// listened before, with copies of its sockets. Many programs try out a port, at several
// addresses, before they listen there: what they have closed must not take the
// connections, and what they have not makes the bind fail, as without us.
type rivals struct {
	leader  int // the instance's process
	groups  []*group
	sockets []int
	held    []bool // by the program, as far as that is known
	closed  []bool // by everybody
}

// answerBind decides about a bind, and returns when the answer may be given.
func (s *Supervisor) answerBind(in *instance, life int, b *listener.Bind) (d listener.Decision) {
	var kept <-chan struct{}
	var r *rivals
	// Where the loop has ended the next supervisor answers.
	s.mustAsk(func() {
		if r = in.rivals(life, b); r == nil {
			d, kept = s.bind(in, life, b)
		}
	})
	if r != nil {
		r.look(b.Address, os.Getpid(), s.shimPID)
		s.mustAsk(func() {
			if in.still(life) && in.refuses(r, b) {
				d.Errno = syscall.EADDRINUSE
				return
			}
			d, kept = s.bind(in, life, b)
		})
	}
	if kept != nil {
		<-kept
	}
	return d
}

// rivals are those of a bind; nil: there are none.
func (in *instance) rivals(life int, b *listener.Bind) *rivals {
	if !in.still(life) || b.IsUnix() {
		return nil
	}
	var groups []*group
	for _, g := range in.bound {
		if !g.IsUnix() && g.Port() == b.Port() && g.has(in.place()) {
			groups = append(groups, g)
		}
	}
	return in.rivalsOf(groups)
}

func (in *instance) rivalsOf(groups []*group) *rivals {
	r := rivals{leader: in.proc.PID}
	for _, g := range groups {
		if fd, err := unix.FcntlInt(uintptr(g.fds[in.place()]), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			r.groups, r.sockets = append(r.groups, g), append(r.sockets, fd)
		}
	}
	if len(r.groups) == 0 {
		return nil
	}
	return &r
}

// look finds which of the sockets the program has open, and which nobody has but
// forever's own processes, and closes the copies. It takes too long for the loop. same:
// the one whose address is bound again, so that it does not matter who else has it.
func (r *rivals) look(same listener.Address, own ...int) {
	defer func() {
		for _, fd := range r.sockets {
			unix.Close(fd)
		}
	}()
	pids, err := proc.Session(r.leader)
	if err != nil {
		pids = []int{r.leader}
	}
	r.closed = make([]bool, len(r.sockets))
	held, all := listener.Held(r.sockets, pids)
	r.held = held
	for i, g := range r.groups {
		r.closed[i] = all && !held[i] && g.Address != same && !listener.HeldByAny(r.sockets[i], own)
	}
}

// refuses tells whether the instance's program is in its own way. An address that it
// has closed must not keep what is to come to the new one from now on; where it does
// not, the program may well come back to it.
func (in *instance) refuses(r *rivals, b *listener.Bind) (refused bool) {
	for i, g := range r.groups {
		switch {
		case !in.listens(g):
		case r.held[i]:
			refused = refused || b.Alone && listener.Overlap(g.Address, g.v6Only(), b.Address, b.Options.V6Only())
		case !r.closed[i]: // or bound again
		case listener.Covers(b.Address, b.Options.V6Only(), g.Address):
			in.giveUp(g)
		default:
			in.doubt(g)
		}
	}
	return refused
}

func (g *group) v6Only() bool { return g.V6 && g.size() > 0 && listener.V6Only(g.any()) }

// doubt has an address given up that the program has closed, if it does not come back
// to it within the time for that.
func (in *instance) doubt(g *group) {
	if slices.Contains(in.doubted, g) {
		return
	}
	in.doubted = append(in.doubted, g)
	in.lookAfter(in.listenTimeout(), g, func(closed bool) {
		in.doubted = slices.DeleteFunc(in.doubted, func(o *group) bool { return o == g })
		if closed {
			in.giveUp(g)
		}
	})
}

// lookAfter tells, after a while, whether the instance's socket of a group is closed, if
// its process lives by then and has not given it up.
func (in *instance) lookAfter(d time.Duration, g *group, tell func(closed bool)) {
	s, life := in.app.s, in.life
	listens := func() bool { return in.still(life) && in.listens(g) }
	s.clock.AfterFunc(d, func() {
		s.post(func() {
			if !listens() {
				return
			}
			if r := in.rivalsOf([]*group{g}); r != nil {
				go func() {
					r.look(listener.Address{}, os.Getpid(), s.shimPID)
					s.post(func() {
						if listens() {
							tell(r.closed[0])
						}
					})
				}()
			}
		})
	})
}

// giveUp: the instance's process does not listen at a group any more, though it lives.
func (in *instance) giveUp(g *group) {
	if !in.listens(g) {
		return
	}
	in.bound = slices.DeleteFunc(slices.Clone(in.bound), func(o *group) bool { return o == g })
	if !in.former {
		delete(g.served, in.index)
	}
	s := in.app.s
	s.dropDeserted(in.app)
	s.steer(in.app)
	if g.has(in.place()) {
		listener.Reset(g.fds[in.place()]) // as close(2) does it
	}
}

// dropDeserted closes the TCP sockets of addresses at which no instance listens any
// more, nor is expected to.
func (s *Supervisor) dropDeserted(a *app) {
	a.groups = slices.DeleteFunc(a.groups, func(g *group) bool {
		deserted := !g.IsUnix() && !slices.ContainsFunc(a.all(), func(in *instance) bool {
			return in.listens(g) || slices.Contains(in.lent, g) || !in.former && g.served[in.index]
		})
		if deserted {
			s.dropGroup(a, g)
		}
		return deserted
	})
}

// forsake: the instance's process does all that it is there for, so that addresses
// where the one before has listened, and it does not, are given up.
func (in *instance) forsake() {
	if len(in.bound) == 0 {
		return // it has not begun
	}
	for _, g := range in.app.groups {
		if !g.IsUnix() && !in.listens(g) {
			delete(g.served, in.index)
		}
	}
	in.app.s.dropDeserted(in.app)
}

// expectRest: the instance's process has begun to listen. What is still missing of
// where the one before did is given up if it has not come within the time for that.
func (in *instance) expectRest() {
	missing := slices.ContainsFunc(in.app.groups, func(g *group) bool {
		return !g.IsUnix() && g.served[in.index] && !in.listens(g)
	})
	if !missing {
		return
	}
	s, life := in.app.s, in.life
	s.clock.AfterFunc(in.listenTimeout(), func() {
		s.post(func() {
			if in.still(life) && !in.former {
				in.forsake()
			}
		})
	})
}

// sharesElsewhere: another app shares what overlaps the address of a bind. A socket
// beside its ones would get no connection, since those are steered.
func (s *Supervisor) sharesElsewhere(a *app, b *listener.Bind) bool {
	return slices.ContainsFunc(s.apps, func(o *app) bool {
		return o != a && slices.ContainsFunc(o.groups, func(g *group) bool {
			return listener.Overlap(g.Address, g.v6Only(), b.Address, b.Options.V6Only())
		})
	})
}

// admitBound lets connections come to a group where an instance's process listens now.
// An address that hides one where others listen may be tried out only: who connects
// there asks again in a second, until it has been kept for a while.
func (in *instance) admitBound(g *group) {
	s := in.app.s
	if g.open || !in.hides(g) {
		s.admit(g)
		return
	}
	in.lookAfter(milliseconds(in.app.spec.Policy.MinUptimeMS), g, func(closed bool) {
		if !closed {
			s.admit(g)
		}
	})
}

// hides: another instance listens where that came to before what is to come to the group.
func (in *instance) hides(g *group) bool {
	return slices.ContainsFunc(in.app.all(), func(o *instance) bool {
		return o != in && o.proc.PID != 0 && slices.ContainsFunc(o.bound, func(h *group) bool {
			return h != g && h.open && listener.Covers(h.Address, h.v6Only(), g.Address)
		})
	})
}
