package supervisor

import (
	"slices"

	"forever/internal/listener"
	"forever/internal/wire"
)

// holdsDescriptors is a Shim that keeps bare descriptors for us; only there can
// instances share their ports.
type holdsDescriptors interface {
	HeldNames() []string
	// Lend returns a descriptor of its own for a named one.
	Lend(name string) (fd int, err error)
	// Keep has the shim hold fd too, under name; reply is called when it does.
	Keep(name string, fd int, reply func(*wire.ShimMessage)) error
}

// group is one address that the instances of an app share. Of TCP it has two
// sockets for each of them, one for each of the lives that a reload goes between.
// A unix-domain address has one socket for all, at place 0: there is no second one
// that could be bound to it.
type group struct {
	listener.Address
	fds     []int         // by place, ours; the shim has its own. -1: not made yet
	at      []int         // by place: which of the kernel's group it is
	kept    chan struct{} // closed when the shim has all of them
	served  map[int]bool  // the indices of instances that have listened there
	open    bool          // of TCP: connections come to it
	lives   int           // of a unix socket: how many processes have bound it, one after or beside the other
	stop    func()        // ends the watch of a unix socket's file; nil: none
	feigned bool          // a program was told that its file is gone, and none has bound it since
	gone    bool          // its file was removed, and is looked for again after a while
}

// pendingBinds are the binds that are received and not answered yet.
type pendingBinds struct {
	*listener.Pending
	kept chan struct{} // closed when the shim has them too
}

// shares tells whether the app's instances are to share what they listen on.
func (a *app) shares() bool {
	_, able := a.s.shim.(holdsDescriptors)
	return able && a.spec.Cluster
}

// places are where new connections to a group go.
func (a *app) places(g *group) []int {
	staying := slices.DeleteFunc(slices.Clone(a.instances), func(in *instance) bool { return in.leaving })
	for _, wanted := range []func(*instance) bool{
		func(in *instance) bool { return in.state == Online && in.listens(g) && in.well() },
		func(in *instance) bool { return in.state == Online && in.listens(g) }, // one that is not well is better than none
		func(in *instance) bool { return g.served[in.index] },                  // nobody is ready: they wait for who will be
		func(*instance) bool { return true },
	} {
		var places []int
		for _, in := range staying {
			if wanted(in) {
				places = append(places, in.place())
			}
		}
		if len(places) > 0 {
			return places
		}
	}
	return []int{0}
}

// listens: the instance's process has bound the group's address.
func (in *instance) listens(g *group) bool { return slices.Contains(in.bound, g) }

// placeIn is where in the group the instance's socket is.
func (in *instance) placeIn(g *group) int {
	if g.IsUnix() {
		return 0
	}
	return in.place()
}

// place is where in a group of TCP the instance's socket is: each has two, one for
// each of its lives, so that a reload can tell the new from the old.
func (in *instance) place() int {
	if in.other {
		return 2*in.index + 1
	}
	return 2 * in.index
}
