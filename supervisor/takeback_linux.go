package supervisor

import (
	"slices"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/proc"
	"forever/internal/shim"
	"forever/internal/wire"
)

// takeBack gets back the sockets that only programs have any more, since both
// processes of forever had died. Those of places without a process died with them.
func (s *Supervisor) takeBack(a *app, slots map[string]*wire.ShimMessage) {
	for _, g := range s.leftSockets(a, slots) {
		if err := s.keepInOrder(a, g); err != nil {
			a.lost = err.Error()
			s.logf("%s: take back the sockets of %v: %v", a.spec.Name, g, err)
			for _, fd := range g.fds {
				unix.Close(fd) // -1 for none
			}
			continue
		}
		s.logf("%s: took back %d sockets of %v", a.spec.Name, g.size(), g)
		a.groups = append(a.groups, g)
	}
}

// leftSockets finds the sockets of groups that the shim does not have, in those
// processes whose binds are not reported any more.
func (s *Supervisor) leftSockets(a *app, slots map[string]*wire.ShimMessage) (groups []*group) {
	if !a.shares() {
		return nil
	}
	held := s.shim.(holdsDescriptors).HeldNames()
	for _, in := range a.all() {
		m := slots[in.slot]
		if m == nil || m.PID == 0 || slices.Contains(held, shim.BindsName(in.slot)) {
			continue
		}
		for _, f := range s.findSockets(in, m.PID) {
			g := groupAt(groups, f.Address)
			switch {
			case groupAt(a.groups, f.Address) != nil:
				unix.Close(f.FD)
				continue
			case g == nil:
				g = newGroup(f.Address)
				groups = append(groups, g)
			case g.has(in.placeIn(g)):
				unix.Close(f.FD) // TCP: its order will not be found
				continue
			}
			g.put(in.placeIn(g), f.FD, -1)
		}
	}
	return groups
}

func (s *Supervisor) findSockets(in *instance, pid int) []listener.Found {
	pids, err := proc.Session(pid)
	if err != nil {
		return nil // it has ended
	}
	found, err := listener.Find(pids, in.app.uid)
	if err != nil {
		in.app.lost = err.Error()
		s.logf("%s: %v", in.label(), err)
	}
	return found
}

// keepInOrder finds which of the kernel's group each socket is, and has the shim
// keep them. The first one comes last: without it the group is not whole, and a
// supervisor that follows a killed one begins anew.
func (s *Supervisor) keepInOrder(a *app, g *group) error {
	var places, fds []int
	for place := range g.fds {
		if g.has(place) {
			places, fds = append(places, place), append(fds, g.fds[place])
		}
	}
	order := []int{0} // of a unix socket, which is alone
	if !g.IsUnix() {
		var err error
		if order, err = listener.Order(fds); err != nil {
			return err
		}
		if err := listener.Steer(fds[0], order); err != nil { // and not to the sockets that are made next
			return err
		}
	}
	for i, at := range order {
		g.at[places[i]] = at
	}
	slices.SortFunc(places, func(p, q int) int { return g.at[q] - g.at[p] })
	s.keep(a, g, places...)
	return nil
}
