package supervisor

import (
	"net/netip"

	"forever/internal/listener"
)

// pointedAt is where a check of a port has to come from to reach this instance
// among those that share the port; the zero address: from anywhere.
func (in *instance) pointedAt(port int) netip.Addr {
	for _, g := range in.bound {
		if !g.IsUnix() && int(g.Port()) == port && g.has(in.place()) {
			return listener.PointAt(g.at[in.place()])
		}
	}
	return netip.Addr{}
}
