package supervisor

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/wire"
)

// groupFor finds the app's group for an address, or makes it.
func (s *Supervisor) groupFor(a *app, b *listener.Bind) (*group, error) {
	g := a.groupOf(b.Addr, b.V6)
	if g != nil {
		return g, s.grow(a, g, b.Options)
	}
	if !a.usesPort(b.Addr.Port()) { // else a new version listens there in another way
		if err := listener.Taken(b.Addr, b.V6, b.Options); err != nil {
			return nil, err
		}
	}
	g = newGroup(b.Addr, b.V6)
	if err := s.grow(a, g, b.Options); err != nil {
		s.dropGroup(a, g)
		return nil, err
	}
	a.groups = append(a.groups, g)
	return g, nil
}

func newGroup(addr netip.AddrPort, v6 bool) *group {
	return &group{addr: addr, v6: v6, served: map[int]bool{}}
}

func (a *app) groupOf(addr netip.AddrPort, v6 bool) *group {
	for _, g := range a.groups {
		if g.addr == addr && g.v6 == v6 {
			return g
		}
	}
	return nil
}

func (a *app) usesPort(port uint16) bool {
	for _, g := range a.groups {
		if g.addr.Port() == port {
			return true
		}
	}
	return false
}

// grow makes the sockets that a group lacks, in the order of the instances: the
// kernel counts them as they come. Those of instances that are gone stay until
// the app rests, without a new connection: were one closed, the kernel would put
// the last in its place.
func (s *Supervisor) grow(a *app, g *group, o *listener.Options) error {
	missing := 2*a.spec.Instances - len(g.fds)
	if missing <= 0 {
		return nil
	}
	if s.crowded(missing * socketDescriptors) {
		return fmt.Errorf("the limit of open files leaves no room for %d more sockets: %w", missing, syscall.EMFILE)
	}
	kept := make(chan struct{})
	for i := range missing {
		fd, err := listener.Open(g.addr, g.v6, o)
		if err != nil {
			return err
		}
		g.fds = append(g.fds, fd)
		var reply func(*wire.ShimMessage)
		if i == missing-1 { // it takes them in turn
			reply = func(*wire.ShimMessage) { close(kept) }
		}
		s.shimError(s.shim.(holdsDescriptors).Keep(a.socketName(g, len(g.fds)-1), fd, reply))
	}
	g.kept = kept
	return nil
}

// steer has new connections go to the instances that are ready.
func (s *Supervisor) steer(a *app) {
	for _, g := range a.groups {
		if err := listener.Steer(g.fds[0], a.places(g)); err != nil {
			s.logf("%s: %v", a.spec.Name, err)
		}
	}
}

// admit lets connections come to a group that is steered.
func (s *Supervisor) admit(g *group) {
	for _, fd := range g.fds {
		if err := listener.Admit(fd); err != nil {
			s.logf("listen on %v: %v", g.addr, err)
		}
	}
}

// refuseWaiting resets the connections that wait at an instance's sockets, where
// nobody is to come who would answer them.
func (s *Supervisor) refuseWaiting(in *instance) {
	n := 0
	for _, g := range in.app.groups {
		if in.place() < len(g.fds) {
			n += listener.Reset(g.fds[in.place()])
		}
	}
	if n > 0 {
		s.logf("%s: reset %d connections that waited when it ended", in.label(), n)
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
		// It ends at once what the shim's copy would keep up for a moment longer.
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
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
		if !ok {
			continue
		}
		a := s.byUID(uid)
		if a == nil {
			s.shimError(s.shim.Drop(name))
			continue
		}
		if err := a.adoptSocket(held, name, rest); err != nil {
			s.logf("%s: take over %s: %v", a.spec.Name, name, err)
		}
	}
	for _, a := range s.apps {
		for _, g := range a.groups {
			s.complete(a, g)
		}
	}
}

var errOtherVersion = errors.New("its name is of another version")

func (a *app) adoptSocket(held holdsDescriptors, name, rest string) error {
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return errOtherVersion
	}
	addr, err := netip.ParseAddrPort(parts[1])
	if err != nil {
		return err
	}
	place, err := strconv.Atoi(parts[2])
	if err != nil || place < 0 || place > 2*maxInstances {
		return errOtherVersion
	}
	fd, err := held.Lend(name)
	if err != nil {
		return err
	}
	g := a.groupOf(addr, parts[0] == "6")
	if g == nil {
		g = newGroup(addr, parts[0] == "6")
		a.groups = append(a.groups, g)
	}
	for len(g.fds) <= place {
		g.fds = append(g.fds, -1)
	}
	g.fds[place] = fd
	return nil
}

// complete makes what is missing of an adopted group: its supervisor may have
// been killed while it made it. The shim got the sockets in their order, and no
// program has one that it did not get.
func (s *Supervisor) complete(a *app, g *group) {
	for i, fd := range g.fds {
		if fd < 0 { // not as we leave it
			s.logf("%s: socket %d of %v is missing; forever restart %s puts that right", a.spec.Name, i, g.addr, a.spec.Name)
			return
		}
	}
	if err := s.grow(a, g, listener.OptionsOf(g.fds[0])); err != nil {
		s.logf("%s: %v", a.spec.Name, err)
	}
	// If it was not steered yet, no program has a socket of it either, and its
	// bind is answered again.
}
