package supervisor

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/proc"
	"forever/internal/shim"
	"forever/internal/wire"
)

// How an instance shares its ports, as describe shows it.
const (
	sharedBySeccomp = "one SO_REUSEPORT socket for each instance, put in place by seccomp"
	noPrivileges    = "; setuid programs like sudo give it no privileges (no_new_privs)"
	notShared       = "not shared: "
	lostReports     = "both processes of forever had died, and with them the way to hear of what it binds from now on; forever restart mends it"
)

// lostSharing is how a process shares whose binds are not reported any more.
func (in *instance) lostSharing() string {
	switch {
	case len(in.listening()) > 0:
		return sharedBySeccomp + "; " + lostReports
	case in.app.lost != "":
		return notShared + lostReports + " (" + in.app.lost + ")"
	}
	return notShared + lostReports
}

// share answers the binds of an instance's process from now on.
func (s *Supervisor) share(in *instance, warning string) {
	in.bound, in.doubted, in.sharing = nil, nil, ""
	if !in.app.shares() {
		return
	}
	if w := s.way(in.app); w.kind != bySeccomp {
		s.shareOtherwise(in, w)
		return
	}
	if warning != "" {
		in.sharing = notShared + warning
		return
	}
	fd, err := s.shim.(holdsDescriptors).Lend(shim.BindsName(in.slot))
	if err != nil {
		in.sharing = in.lostSharing()
		return
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that Go's netpoller waits for it
		in.sharing = notShared + err.Error()
		unix.Close(fd)
		return
	}
	in.sharing = sharedBySeccomp
	if noNewPrivileges(in.proc.PID) {
		in.sharing += noPrivileges
	}
	go s.answerBinds(in.slot, os.NewFile(uintptr(fd), "binds of "+in.slot), s.pendingBinds(), s.decider(in))
}

// answerBinds answers until the last process has ended that has the filter.
func (s *Supervisor) answerBinds(slot string, binds *os.File, pending *pendingBinds, a *listener.Answerer) {
	if pending != nil {
		a.Pending = pending.Pending
		<-pending.kept
	}
	if err := a.Answer(binds); err != nil {
		s.logf("%s: %v", slot, err)
	}
}

// decider has the loop decide about the binds of an instance's process.
func (s *Supervisor) decider(in *instance) *listener.Answerer {
	life := in.life
	a := &listener.Answerer{}
	a.Peer, _ = s.shim.(listener.Peer)
	a.Decide = func(b *listener.Bind) listener.Decision { return s.answerBind(in, life, b) }
	a.Keeps = func(r *listener.Removal) (keep bool) {
		s.mustAsk(func() { keep = in.still(life) && in.app.keepsFile(in, r) })
		return keep
	}
	a.Unreadable = func(err error) {
		s.post(func() {
			if in.still(life) {
				in.sharing = notShared + err.Error() + " (kernel.yama.ptrace_scope, or a program that may not be looked at)"
				s.logf("%s: %s", in.label(), in.sharing)
			}
		})
	}
	return a
}

// bind decides about one bind of an instance's process or its children. The
// answer must not be given before kept is closed: a socket that only the program
// has would be out of order in the next supervisor's group.
func (s *Supervisor) bind(in *instance, life int, b *listener.Bind) (d listener.Decision, kept <-chan struct{}) {
	if !in.still(life) {
		return d, nil // of a process that is not the instance's any more
	}
	g, err := s.groupFor(in.app, b)
	if errors.Is(err, errTooMany) || errors.Is(err, syscall.EADDRINUSE) && b.Joins && !s.sharesElsewhere(in.app, b) {
		return d, nil // as without us
	}
	if err == nil {
		d.Socket, err = g.lend(in.placeIn(g), b.Options)
		d.Common = g.IsUnix()
	}
	if err != nil {
		s.logf("%s: share %v: %v", in.label(), b, err)
		errors.As(err, &d.Errno)
		return d, nil
	}
	first := len(in.bound) == 0
	if !in.listens(g) {
		in.bound = append(in.bound, g)
		g.lives++
	}
	if !in.former {
		if first {
			in.expectRest()
		}
		g.served[in.index] = true
	}
	g.feigned = false
	s.steer(in.app)
	in.admitBound(g)
	switch {
	case in.trial != nil && in.app.spec.Ready == "":
		in.judgeTrial()
	case in.check != nil:
		go in.check()
		in.check = nil
	}
	return d, g.kept
}

// judgeTrial: a successor listens. It is ready when it does so wherever the old
// one does; if it has given up an address, when it has been up for a while.
func (in *instance) judgeTrial() {
	if old := in.app.instance(in.index); old != nil {
		for _, g := range old.bound {
			if !in.listens(g) {
				in.arm(milliseconds(in.app.spec.Policy.MinUptimeMS), event{kind: Due})
				return
			}
		}
	}
	in.app.s.post(func() { in.tried(nil) })
}

// lend returns a descriptor of the socket at a place, for a program.
func (g *group) lend(place int, o *listener.Options) (int, error) {
	if !g.has(place) {
		return 0, fmt.Errorf("there is no socket for place %d", place)
	}
	o.Apply(g.fds[place]) // its version before may have wanted others
	fd, err := unix.FcntlInt(uintptr(g.fds[place]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("duplicate a socket: %w", err)
	}
	return fd, nil
}

// pendingName is the name at the shim of the binds that are not answered yet.
const pendingName = "binds/pending"

// pendingBinds returns them, those of a supervisor before too; nil: they cannot
// be kept, and a supervisor that is killed while it answers leaves that program
// waiting.
func (s *Supervisor) pendingBinds() *pendingBinds {
	if s.pending != nil {
		return s.pending
	}
	p := &pendingBinds{kept: make(chan struct{})}
	held := s.shim.(holdsDescriptors)
	fd, err := held.Lend(pendingName)
	if err == nil {
		p.Pending, err = listener.OpenPending(fd)
		close(p.kept)
	} else if p.Pending, fd, err = listener.NewPending(); err == nil {
		err = held.Keep(pendingName, fd, func(*wire.ShimMessage) { close(p.kept) })
	}
	if err != nil {
		s.logf("%v", err)
		return nil
	}
	unix.Close(fd)
	s.pending = p
	return p
}

// noNewPrivileges: see NoNewPrivs in proc_pid_status(5).
func noNewPrivileges(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && strings.Contains(string(data), "\nNoNewPrivs:\t1\n")
}

// listening finds which groups a process listens on that a supervisor before has
// started.
func (in *instance) listening() (bound []*group) {
	if len(in.app.groups) == 0 {
		return nil
	}
	pids, err := proc.Session(in.proc.PID)
	if err != nil {
		return nil // it has ended
	}
	for _, g := range in.app.groups {
		if g.has(in.placeIn(g)) && len(listener.Holders(pids, g.fds[in.placeIn(g)])) > 0 {
			bound = append(bound, g)
			g.served[in.index] = true
			in.app.s.admit(g) // the supervisor before may have been about to
		}
	}
	return bound
}
