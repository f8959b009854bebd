// Package ports says who listens on which port, and frees ports. It needs no
// supervisor and starts none.
package ports

import (
	"fmt"
	"strconv"
	"strings"

	"forever/internal/sockets"
)

// Port is a port as a user names it.
type Port struct {
	Number uint16
	Proto  string // sockets.TCP, sockets.UDP, or empty for both
}

// String is the port as Parse reads it.
func (p Port) String() string {
	s := strconv.Itoa(int(p.Number))
	if p.Proto != "" {
		s += "/" + p.Proto
	}
	return s
}

// covers tells whether the socket is on this port.
func (p Port) covers(s *sockets.Socket) bool {
	return s.Local.Port() == p.Number && (p.Proto == "" || p.Proto == s.Proto)
}

// Parse reads "8080", ":8080", "8080/tcp" or "5353/udp".
func Parse(s string) (Port, error) {
	number, proto, slash := strings.Cut(strings.ToLower(s), "/")
	if !slash || proto == sockets.TCP || proto == sockets.UDP {
		n, err := strconv.ParseUint(strings.TrimPrefix(number, ":"), 10, 16)
		if err == nil && n > 0 {
			return Port{uint16(n), proto}, nil
		}
	}
	return Port{}, fmt.Errorf("%q is no port (1 to 65535, and /tcp or /udp behind it for one of the two)", s)
}

// ParseAll reads several ports; one that is named twice is one.
func ParseAll(args []string) ([]Port, error) {
	var list []Port
	seen := make(map[Port]bool)
	for _, arg := range args {
		p, err := Parse(arg)
		if err != nil {
			return nil, err
		}
		if !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list, nil
}

// query asks for what listens on the ports; none means every port.
func query(list []Port) sockets.Query {
	q := sockets.Query{TCP: len(list) == 0, UDP: len(list) == 0}
	for _, p := range list {
		q.TCP = q.TCP || p.Proto != sockets.UDP
		q.UDP = q.UDP || p.Proto != sockets.TCP
		q.Ports = append(q.Ports, p.Number)
	}
	return q
}
