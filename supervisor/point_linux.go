package supervisor

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"forever/internal/listener"
	"forever/internal/probe"
)

var errNotYet = errors.New("it does not listen there yet")

// dialer is how a port is asked for this instance's process among all that share
// the port; nil: nobody shares.
func (in *instance) dialer() probe.Dial {
	if !in.app.shares() {
		return nil
	}
	return func(ctx context.Context, to netip.AddrPort) (c net.Conn, err error) {
		var at int
		var shared bool
		in.app.s.ask(func() { at, shared, err = in.pointAt(to) })
		switch {
		case err != nil:
			return nil, err
		case shared:
			return listener.DialPlace(ctx, to, at)
		}
		return probe.Connect(ctx, to)
	}
}

// pointAt finds which of the kernel's group that an address leads to is the
// instance's socket. shared: it leads to a group. err: the instance's process does
// not listen there, and another one would answer.
func (in *instance) pointAt(to netip.AddrPort) (at int, shared bool, err error) {
	err = errNotYet
	for _, g := range in.app.groups {
		if !g.ledToBy(to) {
			continue
		}
		shared = true
		if in.listens(g) && g.has(in.place()) && (err != nil || g.V6 == to.Addr().Is6()) {
			at, err = g.at[in.place()], nil
		}
	}
	if !shared {
		err = nil
	}
	return at, shared, err
}

// ledToBy: who connects to an address of this machine comes to the group. Of those
// that are bound to all addresses only the loopback ones are known to be this machine's.
func (g *group) ledToBy(to netip.AddrPort) bool {
	if g.IsUnix() || g.Port() != to.Port() {
		return false
	}
	bound, addr := g.Addr().Unmap(), to.Addr().Unmap()
	return bound == addr || bound.IsUnspecified() && addr.IsLoopback() && (g.V6 || addr.Is4())
}
