// Package sockets asks the kernel which TCP and UDP sockets there are, whose
// they are, and which processes hold them.
//
// On Linux it speaks to the kernel itself: the sockets come by sock_diag(7) in
// a few dozen microseconds, and processes are only searched when a socket was
// found. On macOS gopsutil knows. On Windows the two tables of iphlpapi are read
// here, since gopsutil would bring WMI and OLE along for them. Only the caller's
// network namespace is seen; [Elsewhere] looks into the others.
package sockets

import (
	"net/netip"
	"slices"
)

// The protocols, as they are written after a port: 53/udp.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Socket is one socket as one look saw it.
type Socket struct {
	Proto string         // TCP or UDP
	Local netip.AddrPort // the unspecified address means any
	// Remote is the other end; not valid for a socket that has none.
	Remote netip.AddrPort
	// V6Only: an IPv6 socket that takes no IPv4.
	V6Only bool
	// UID is the user who made the socket; -1 where that is unknown.
	UID int
	// Inode names the socket among all of this boot; 0 outside Linux.
	Inode uint64
	// PIDs are the processes that hold it, in ascending order. Several may share one socket.
	// None: they cannot be seen (see Found.Hidden), or the kernel holds it.
	PIDs []int
}

// Listens tells whether the socket waits for anybody: a TCP listener, or a UDP
// socket that is bound and not connected.
func (s *Socket) Listens() bool { return !s.Remote.IsValid() }

// Query says which sockets are wanted.
type Query struct {
	TCP, UDP bool
	// Connected adds the sockets that are one end of a connection.
	Connected bool
	// Ports are the local ports; none means every port.
	Ports []uint16
	// PIDs are the processes that are searched for the sockets; nil means all.
	PIDs []int
	// Anonymous leaves the holders out: no process is searched.
	Anonymous bool
}

func (q *Query) protocols() []string {
	var list []string
	if q.TCP {
		list = append(list, TCP)
	}
	if q.UDP {
		list = append(list, UDP)
	}
	return list
}

func (q *Query) wants(s *Socket) bool {
	return (q.Connected || s.Listens()) &&
		(len(q.Ports) == 0 || slices.Contains(q.Ports, s.Local.Port()))
}

// Found answers a Query.
type Found struct {
	Sockets []Socket
	// Hidden counts the processes that may hold one of the sockets and whose
	// descriptors the caller may not read.
	Hidden int
}

// addRow puts in a socket and its holder; where a table has a row for every
// holder, a shared socket comes more than once. PID 0 is a holder that was not
// told.
func (f *Found) addRow(s Socket, pid int) {
	i := slices.IndexFunc(f.Sockets, func(have Socket) bool {
		return have.Proto == s.Proto && have.Local == s.Local && have.Remote == s.Remote
	})
	if i < 0 {
		i = len(f.Sockets)
		f.Sockets = append(f.Sockets, s)
	}
	if pid > 0 {
		f.hold(pid, []int{i})
	}
}

// hold notes that pid holds the sockets at the indices.
func (f *Found) hold(pid int, indices []int) {
	for _, i := range indices {
		s := &f.Sockets[i]
		if at, held := slices.BinarySearch(s.PIDs, pid); !held {
			s.PIDs = slices.Insert(s.PIDs, at, pid)
		}
	}
}
