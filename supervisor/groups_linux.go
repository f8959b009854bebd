package supervisor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
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

func (a *app) groupOf(addr netip.AddrPort, v6 bool) *group { return groupAt(a.groups, addr, v6) }

func (a *app) usesPort(port uint16) bool {
	for _, g := range a.groups {
		if g.addr.Port() == port {
			return true
		}
	}
	return false
}

// grow makes the sockets that a group lacks: the kernel counts them as they come.
// Those of instances that are gone stay until the app rests, without a new
// connection: were one closed, the kernel would put the last in its place.
func (s *Supervisor) grow(a *app, g *group, o *listener.Options) error {
	missing := g.missing(2 * a.spec.Instances)
	if len(missing) == 0 {
		return nil
	}
	if s.crowded(len(missing) * socketDescriptors) {
		return fmt.Errorf("the limit of open files leaves no room for %d more sockets: %w", len(missing), syscall.EMFILE)
	}
	kept := make(chan struct{})
	for i, place := range missing {
		fd, err := listener.Open(g.addr, g.v6, o)
		if err != nil {
			return err
		}
		g.put(place, fd, g.size())
		var reply func(*wire.ShimMessage)
		if i == len(missing)-1 { // it takes them in turn
			reply = func(*wire.ShimMessage) { close(kept) }
		}
		s.shimError(s.shim.(holdsDescriptors).Keep(a.socketName(g, place), fd, reply))
	}
	g.kept = kept
	return nil
}

// put has a socket be at a place, the at-th of the kernel's group.
func (g *group) put(place, fd, at int) {
	for len(g.fds) <= place {
		g.fds, g.at = append(g.fds, -1), append(g.at, -1)
	}
	g.fds[place], g.at[place] = fd, at
}

// has tells whether there is a socket at a place.
func (g *group) has(place int) bool { return place < len(g.fds) && g.fds[place] >= 0 }

// any is one of the sockets, through which all are steered.
func (g *group) any() int {
	return g.fds[slices.IndexFunc(g.fds, func(fd int) bool { return fd >= 0 })]
}

// missing are those of the first n places that lack a socket.
func (g *group) missing(n int) (places []int) {
	for place := range n {
		if !g.has(place) {
			places = append(places, place)
		}
	}
	return places
}

// size is how many sockets the group has.
func (g *group) size() int { return len(g.fds) - len(g.missing(len(g.fds))) }

// whole: the sockets are those of the kernel's group from its first one on.
func (g *group) whole() bool {
	return !slices.ContainsFunc(g.at, func(at int) bool { return at >= g.size() }) && g.size() > 0
}

// steer has new connections go to the instances that are ready.
func (s *Supervisor) steer(a *app) {
	for _, g := range a.groups {
		var to []int
		for _, place := range a.places(g) {
			if g.has(place) {
				to = append(to, g.at[place])
			}
		}
		if err := listener.Steer(g.any(), to); err != nil {
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
		if g.has(in.place()) {
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
	g.fds, g.at = nil, nil
}

// socketName is the name of a socket at the shim, UID/listen/FAMILY/ADDRESS/PLACE,
// with @AT where that is not the place.
func (a *app) socketName(g *group, place int) string {
	family := "4"
	if g.v6 {
		family = "6"
	}
	name := fmt.Sprintf("%s/listen/%s/%s/%d", a.uid, family, g.addr, place)
	if at := g.at[place]; at != place {
		name += fmt.Sprintf("@%d", at)
	}
	return name
}

// adoptGroups takes over the sockets that a supervisor before has left with the
// shim, whose slots are given. The kernel steers on meanwhile.
func (s *Supervisor) adoptGroups(slots map[string]*wire.ShimMessage) {
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
		a.groups = slices.DeleteFunc(a.groups, func(g *group) bool { return s.letGo(a, g) })
		s.takeBack(a, slots)
		for _, g := range a.groups {
			s.complete(a, g)
		}
	}
}

// letGo closes the sockets of a group that is not whole, since its supervisor was
// killed while it took them back: the programs still have them.
func (s *Supervisor) letGo(a *app, g *group) bool {
	if g.whole() {
		return false
	}
	for place, fd := range g.fds {
		if fd >= 0 {
			s.shimError(s.shim.Drop(a.socketName(g, place)))
			unix.Close(fd)
		}
	}
	return true
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
	place, at, err := parsePlace(parts[2])
	if err != nil {
		return err
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
	g.put(place, fd, at)
	return nil
}

// parsePlace reads PLACE or PLACE@AT.
func parsePlace(text string) (place, at int, err error) {
	first, second, differs := strings.Cut(text, "@")
	if place, err = strconv.Atoi(first); err != nil {
		return 0, 0, errOtherVersion
	}
	if at = place; differs {
		if at, err = strconv.Atoi(second); err != nil {
			return 0, 0, errOtherVersion
		}
	}
	if place < 0 || place > 2*maxInstances || at < 0 || at > 2*maxInstances {
		return 0, 0, errOtherVersion
	}
	return place, at, nil
}

// complete makes what is missing of an adopted group: its supervisor may have
// been killed while it made it. The shim got the sockets in their order, and no
// program has one that it did not get.
func (s *Supervisor) complete(a *app, g *group) {
	if err := s.grow(a, g, listener.OptionsOf(g.any())); err != nil {
		s.logf("%s: %v", a.spec.Name, err)
	}
	// If it was not steered yet, no program has a socket of it either, and its
	// bind is answered again.
}
