package supervisor

import (
	"fmt"
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
	g := groupAt(a.groups, b.Address)
	switch {
	case b.IsUnix():
		return s.unixGroup(a, g, b)
	case g != nil:
		return g, s.grow(a, g, b.Options)
	}
	if !a.usesPort(b.Port()) { // else a new version listens there in another way
		if err := listener.Taken(b.Address, b.Options); err != nil {
			return nil, err
		}
	}
	g = newGroup(b.Address)
	if err := s.grow(a, g, b.Options); err != nil {
		s.dropGroup(a, g)
		return nil, err
	}
	a.groups = append(a.groups, g)
	return g, nil
}

func newGroup(addr listener.Address) *group { return &group{Address: addr, served: map[int]bool{}} }

func groupAt(groups []*group, addr listener.Address) *group {
	for _, g := range groups {
		if g.Address == addr {
			return g
		}
	}
	return nil
}

func (a *app) usesPort(port uint16) bool {
	for _, g := range a.groups {
		if !g.IsUnix() && g.Port() == port {
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
	if len(missing) == 0 || g.IsUnix() {
		return nil
	}
	if s.crowded(len(missing) * socketDescriptors) {
		return fmt.Errorf("the limit of %d open files leaves no room for %d more sockets; raise it (ulimit -n), and restart all with forever kill: %w",
			descriptorLimit(), len(missing), syscall.EMFILE)
	}
	var made []int
	var err error
	for _, place := range missing {
		var fd int
		if fd, err = listener.Open(g.Address, o); err != nil {
			break
		}
		g.put(place, fd, g.size())
		made = append(made, place)
	}
	s.keep(a, g, made...)
	return err
}

// keep has the shim keep the sockets at some places, one after the other.
func (s *Supervisor) keep(a *app, g *group, places ...int) {
	kept := make(chan struct{})
	for i, place := range places {
		var reply func(*wire.ShimMessage)
		if i == len(places)-1 { // it takes them in turn
			reply = func(*wire.ShimMessage) { close(kept) }
			g.kept = kept
		}
		s.shimError(s.shim.(holdsDescriptors).Keep(a.socketName(g, place), g.fds[place], reply))
	}
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
		if g.IsUnix() {
			continue // its connections wait for whoever takes them
		}
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
	if g.IsUnix() {
		return
	}
	g.open = true
	for _, fd := range g.fds {
		if err := listener.Admit(fd); err != nil {
			s.logf("listen on %v: %v", g, err)
		}
	}
}

// refuseWaiting resets the connections that wait at an instance's sockets, where
// nobody is to come who would answer them.
func (s *Supervisor) refuseWaiting(in *instance) {
	n := 0
	for _, g := range in.app.groups {
		if !g.IsUnix() && g.has(in.place()) {
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
	s.dropFile(a, g)
	for i, fd := range g.fds {
		// It ends at once what the shim's copy would keep up for a moment longer.
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
		s.shimError(s.shim.Drop(a.socketName(g, i)))
		unix.Close(fd)
	}
	g.fds, g.at = nil, nil
	a.unbind(g)
}

// unbind: nobody listens at a group any more.
func (a *app) unbind(g *group) {
	for _, in := range a.all() {
		in.bound = slices.DeleteFunc(slices.Clone(in.bound), func(o *group) bool { return o == g })
	}
}

// socketName is the name of a socket at the shim, UID/listen/FAMILY/ADDRESS/PLACE,
// with @AT where that is not the place.
func (a *app) socketName(g *group, place int) string {
	name := fmt.Sprintf("%s/listen/%s/%d", a.uid, g.Name(), place)
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
			s.watchFile(a, g)
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

func (a *app) adoptSocket(held holdsDescriptors, name, rest string) error {
	slash := strings.LastIndex(rest, "/")
	if slash < 0 {
		return listener.ErrName
	}
	addr, err := listener.ParseName(rest[:slash])
	if err != nil {
		return err
	}
	place, at, err := parsePlace(rest[slash+1:])
	if err != nil {
		return err
	}
	fd, err := held.Lend(name)
	if err != nil {
		return err
	}
	g := groupAt(a.groups, addr)
	if g == nil {
		g = newGroup(addr)
		g.lives = 2 // who knows; it stays protected
		a.groups = append(a.groups, g)
	}
	g.put(place, fd, at)
	return nil
}

// parsePlace reads PLACE or PLACE@AT.
func parsePlace(text string) (place, at int, err error) {
	first, second, differs := strings.Cut(text, "@")
	if place, err = strconv.Atoi(first); err != nil {
		return 0, 0, listener.ErrName
	}
	if at = place; differs {
		if at, err = strconv.Atoi(second); err != nil {
			return 0, 0, listener.ErrName
		}
	}
	if place < 0 || place > 2*wire.MaxInstances || at < 0 || at > 2*wire.MaxInstances {
		return 0, 0, listener.ErrName
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
