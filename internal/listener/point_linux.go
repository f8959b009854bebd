package listener

import "net/netip"

// pointed is 127.70.0.0/16: who connects from the N-th address of it has chosen
// place N.
const pointed = 127<<24 | 70<<16

// PointAt is the address of this machine from which a connection comes to a
// place of a steered group, whoever else is chosen for new ones: the health of
// each instance can be asked for though all of them share the port. It works for
// IPv4, also on a socket for both.
func PointAt(place int) netip.Addr {
	n := uint32(pointed | place)
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
