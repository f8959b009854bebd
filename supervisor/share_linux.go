package supervisor

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/proc"
	"forever/internal/shim"
)

// share answers the binds of an instance's process from now on.
func (s *Supervisor) share(in *instance, warning string) {
	in.bound, in.sharing = false, ""
	if !in.app.shares() {
		return
	}
	if warning != "" {
		in.sharing = "not shared: " + warning
		return
	}
	fd, err := s.shim.(holdsDescriptors).Lend(shim.BindsName(in.slot))
	if err == nil {
		err = unix.SetNonblock(fd, true) // so that Go's netpoller waits for it
	}
	if err != nil {
		in.sharing = "not shared: " + err.Error()
		return
	}
	in.sharing = "shared: one SO_REUSEPORT socket for each instance, put in place by seccomp"
	pid := in.proc.PID
	go func() {
		err := listener.Answer(os.NewFile(uintptr(fd), "binds of "+in.slot), func(b *listener.Bind) (d listener.Decision) {
			if !s.ask(func() { d = s.bind(in, pid, b) }) {
				select {} // this process is about to end; the next must not find it answered wrongly
			}
			return d
		})
		if err != nil {
			s.logf("%s: %v", in.slot, err)
		}
	}()
}

// bind decides about one bind of an instance's process or its children.
func (s *Supervisor) bind(in *instance, pid int, b *listener.Bind) listener.Decision {
	if in.proc.PID != pid || in.former {
		return listener.Decision{} // of a process that is not the instance's any more
	}
	g, err := s.groupFor(in.app, b)
	if err != nil {
		s.logf("%s: %v", in.label(), err)
		var errno syscall.Errno
		if errors.As(err, &errno) {
			return listener.Decision{Errno: errno}
		}
		return listener.Decision{}
	}
	if in.place() >= len(g.fds) {
		return listener.Decision{}
	}
	fd, err := unix.FcntlInt(uintptr(g.fds[in.place()]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		s.logf("%s: share %v: %v", in.label(), b.Addr, err)
		return listener.Decision{}
	}
	in.bound = true
	s.steer(in.app)
	if in.trial != nil && in.app.spec.Ready == "" {
		s.post(func() { in.tried(nil) })
	}
	return listener.Decision{Socket: fd}
}

// groupFor finds the app's group for an address, or makes it.
func (s *Supervisor) groupFor(a *app, b *listener.Bind) (*group, error) {
	for _, g := range a.groups {
		if g.addr == b.Addr && g.v6 == b.V6 {
			return g, s.grow(a, g, b.Options)
		}
	}
	g := &group{addr: b.Addr, v6: b.V6}
	if err := s.grow(a, g, b.Options); err != nil {
		s.dropGroup(a, g)
		return nil, err
	}
	a.groups = append(a.groups, g)
	return g, nil
}

// grow makes the sockets that a group lacks, in the order of the instances.
func (s *Supervisor) grow(a *app, g *group, o *listener.Options) error {
	for len(g.fds) < 2*a.spec.Instances {
		fd, err := listener.Open(g.addr, g.v6, o)
		if err != nil {
			return err
		}
		g.fds = append(g.fds, fd)
		s.shimError(s.shim.(holdsDescriptors).Keep(a.socketName(g, len(g.fds)-1), fd))
	}
	return nil
}

// steer has new connections go to the instances that are ready.
func (s *Supervisor) steer(a *app) {
	for _, g := range a.groups {
		if err := listener.Steer(g.fds[0], a.readyPlaces()); err != nil {
			s.logf("%s: %v", a.spec.Name, err)
		}
	}
}

// dropGroups closes what the app's instances shared: nobody is to connect any more.
func (s *Supervisor) dropGroups(a *app) {
	for _, g := range a.groups {
		s.dropGroup(a, g)
	}
	a.groups = nil
}

func (s *Supervisor) dropGroup(a *app, g *group) {
	for i, fd := range g.fds {
		s.shimError(s.shim.Drop(a.socketName(g, i)))
		unix.Close(fd)
	}
	g.fds = nil
}

// socketName is the name of a socket at the shim, UID/listen/FAMILY/ADDRESS/PLACE.
func (a *app) socketName(g *group, place int) string {
	family := "4"
	if g.v6 {
		family = "6"
	}
	return fmt.Sprintf("%s/listen/%s/%s/%d", a.uid, family, g.addr, place)
}

// adoptGroups takes over the sockets that a supervisor before has left with the
// shim. The kernel steers on meanwhile.
func (s *Supervisor) adoptGroups() {
	held, ok := s.shim.(holdsDescriptors)
	if !ok {
		return
	}
	for _, name := range held.HeldNames() {
		uid, rest, ok := strings.Cut(name, "/listen/")
		a := s.byUID(uid)
		if !ok {
			continue
		}
		if a == nil {
			s.shimError(s.shim.Drop(name))
			continue
		}
		if err := a.adoptSocket(held, name, rest); err != nil {
			s.logf("%s: take over %s: %v", a.spec.Name, name, err)
		}
	}
}

func (a *app) adoptSocket(held holdsDescriptors, name, rest string) error {
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return errors.New("its name is of another version")
	}
	addr, err := netip.ParseAddrPort(parts[1])
	if err != nil {
		return err
	}
	place, err := strconv.Atoi(parts[2])
	if err != nil || place < 0 || place > 1<<12 {
		return errors.New("its name is of another version")
	}
	fd, err := held.Lend(name)
	if err != nil {
		return err
	}
	g := a.findGroup(addr, parts[0] == "6")
	for len(g.fds) <= place {
		g.fds = append(g.fds, -1)
	}
	g.fds[place] = fd
	return nil
}

func (a *app) findGroup(addr netip.AddrPort, v6 bool) *group {
	for _, g := range a.groups {
		if g.addr == addr && g.v6 == v6 {
			return g
		}
	}
	g := &group{addr: addr, v6: v6}
	a.groups = append(a.groups, g)
	return g
}

const (
	drainLook = 10 * time.Millisecond // how often a queue is looked at that is about to be empty
	drainTime = 5 * time.Second       // at most, beside the kill timeout
)

// drain calls then, in the loop, when no connection waits at the instance's
// sockets any more; if its program does not care for the stop signal, when it
// has none left at all. Its kill timeout bounds both.
func (s *Supervisor) drain(in *instance, then func()) {
	var fds []int
	var ports []uint16
	for _, g := range in.app.groups {
		if in.place() < len(g.fds) {
			if fd, err := unix.FcntlInt(uintptr(g.fds[in.place()]), unix.F_DUPFD_CLOEXEC, 0); err == nil {
				fds, ports = append(fds, fd), append(ports, g.addr.Port())
			}
		}
	}
	pid, patience := in.proc.PID, min(milliseconds(in.app.spec.Stop.TimeoutMS), drainTime)
	in.setStop(nil)
	cares := proc.Catches(pid, in.stopSignal())
	go func() {
		for until := time.Now().Add(patience); time.Now().Before(until) && !drained(pid, fds, ports, cares); {
			time.Sleep(drainLook)
		}
		for _, fd := range fds {
			unix.Close(fd)
		}
		s.post(then)
	}()
}

func drained(pid int, fds []int, ports []uint16, cares bool) bool {
	for _, fd := range fds {
		if n, err := listener.Waiting(fd); err == nil && n > 0 {
			return false
		}
	}
	if cares || len(ports) == 0 {
		return true
	}
	n, err := listener.Connections(pid, ports)
	return err != nil || n == 0
}
