package sockets

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/shirou/gopsutil/v3/net"
)

// Find returns the sockets that q describes, with their holders. A process that
// ends meanwhile is left out. An error means that the system tells nothing of
// sockets at all.
func Find(q Query) (Found, error) {
	var f Found
	for _, proto := range q.protocols() {
		rows, err := net.Connections(proto)
		if err != nil {
			return Found{}, fmt.Errorf("read the %s sockets: %w", proto, err)
		}
		for _, row := range rows {
			s := socketOf(proto, row)
			if q.wants(&s) && (q.PIDs == nil || slices.Contains(q.PIDs, int(row.Pid))) {
				f.addRow(s, int(row.Pid))
			}
		}
	}
	return f, nil
}

// Elsewhere returns nothing: here are no network namespaces.
func Elsewhere(Query) ([]Socket, error) { return nil, nil }

func socketOf(proto string, row net.ConnectionStat) Socket {
	s := Socket{Proto: proto, Local: addrPort(row.Laddr, row.Family), UID: -1}
	if len(row.Uids) > 0 {
		s.UID = int(row.Uids[0])
	}
	if row.Raddr.Port != 0 || proto == TCP && row.Status != "LISTEN" {
		s.Remote = addrPort(row.Raddr, row.Family)
	}
	return s
}

// addrPort reads an address; "*" means any of the family.
func addrPort(a net.Addr, family uint32) netip.AddrPort {
	addr, err := netip.ParseAddr(a.IP)
	if err != nil {
		addr = netip.IPv6Unspecified()
		if family == afInet {
			addr = netip.IPv4Unspecified()
		}
	}
	return netip.AddrPortFrom(addr, uint16(a.Port))
}

// afInet is AF_INET, 2 on every system.
const afInet = 2
