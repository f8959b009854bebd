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

// readyPlaces are the instances that take new connections.
func (a *app) readyPlaces() (places []int) {
	for _, in := range a.instances {
		if in.state == Online && in.bound {
			places = append(places, in.index)
		}
	}
	return places
}
