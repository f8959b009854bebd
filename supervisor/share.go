package supervisor

import (
	"net/netip"
)

// holdsDescriptors is a Shim that keeps bare descriptors for us; only there can
// instances share their ports.
type holdsDescriptors interface {
	HeldNames() []string
	// Lend returns a descriptor of its own for a named one.
	Lend(name string) (fd int, err error)
	// Keep has the shim hold fd too, under name.
	Keep(name string, fd int) error
}

// group is one address that the instances of an app share: a socket for each,
// in their order.
type group struct {
	addr netip.AddrPort
	v6   bool
	fds  []int // ours; the shim has its own
}

// shares tells whether the app's instances are to share what they listen on.
func (a *app) shares() bool {
	_, able := a.s.shim.(holdsDescriptors)
	return able && a.spec.Cluster
}

// readyPlaces are where new connections go.
func (a *app) readyPlaces() (places []int) {
	for _, in := range a.instances {
		if in.state == Online && in.bound {
			places = append(places, in.place())
		}
	}
	if len(places) > 0 {
		return places
	}
	for _, in := range a.instances { // nobody is ready: they wait
		places = append(places, in.place())
	}
	return places
}

// place is where in a group the instance's socket is: each has two, one for
// each of its lives, so that a reload can tell the new from the old.
func (in *instance) place() int {
	if in.other {
		return 2*in.index + 1
	}
	return 2 * in.index
}
