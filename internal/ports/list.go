package ports

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
)

// Listener is one process that listens on one address.
type Listener struct {
	Proto   string
	Address netip.AddrPort // the unspecified address means any
	// V6Only: an IPv6 address that takes no IPv4.
	V6Only bool
	// Owner is the user who opened the socket, by name or number; empty: unknown.
	Owner string
	// Process holds the socket. Its PID is 0 where nobody was seen to hold it.
	Process who.Process
}

// Listing answers List.
type Listing struct {
	Listeners []Listener // by port, protocol, address and PID
	// Hidden counts the processes that may listen too, which this user may not see.
	Hidden int
}

// List says who listens on the ports; none means on any port. Connections and
// connected UDP sockets are not listed.
func List(list []Port) (Listing, error) {
	found, err := sockets.Find(query(list))
	if err != nil {
		return Listing{}, err
	}
	listing := Listing{Hidden: found.Hidden}
	if len(found.Sockets) == 0 {
		return listing, nil
	}
	table, err := proc.Snapshot()
	if err != nil {
		return Listing{}, fmt.Errorf("see who listens: %w", err)
	}
	d := describer{table: table, known: make(map[int]who.Process)}
	for _, s := range found.Sockets {
		if wanted(list, &s) {
			listing.Listeners = append(listing.Listeners, d.rows(&s)...)
		}
	}
	slices.SortStableFunc(listing.Listeners, byPort)
	listing.Listeners = slices.CompactFunc(listing.Listeners, sameRow)
	return listing, nil
}

func wanted(list []Port, s *sockets.Socket) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(p Port) bool { return p.covers(s) })
}

// describer describes each process once.
type describer struct {
	table *proc.Table
	known map[int]who.Process
	who.Reader
}

// rows has one row for each holder of a socket, and one for a socket without.
func (d *describer) rows(s *sockets.Socket) []Listener {
	row := Listener{Proto: s.Proto, Address: s.Local, V6Only: s.V6Only}
	if s.UID >= 0 {
		row.Owner = d.LookupUser(uint32(s.UID))
	}
	var rows []Listener
	for _, pid := range s.PIDs {
		if p, ok := d.process(pid); ok {
			row.Process = p
			rows = append(rows, row)
		}
	}
	if len(s.PIDs) == 0 {
		rows = append(rows, row)
	}
	return rows
}

// process describes a PID; false when its process is gone.
func (d *describer) process(pid int) (who.Process, bool) {
	if p, ok := d.known[pid]; ok {
		return p, true
	}
	e, ok := d.table.Get(pid)
	if !ok {
		return who.Process{}, false
	}
	p := d.Describe(e)
	d.known[pid] = p
	return p, true
}

func byPort(a, b Listener) int {
	return cmp.Or(
		cmp.Compare(a.Address.Port(), b.Address.Port()),
		cmp.Compare(a.Proto, b.Proto),
		a.Address.Compare(b.Address),
		cmp.Compare(a.Process.PID, b.Process.PID),
	)
}

// sameRow: several sockets of one process on one address (SO_REUSEPORT) are one row.
func sameRow(a, b Listener) bool { return byPort(a, b) == 0 && a.V6Only == b.V6Only }
