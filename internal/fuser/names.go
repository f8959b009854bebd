package fuser

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"forever/internal/sockets"
)

// name takes an argument as a name: "8080/tcp", after -n tcp just "8080", or a
// file. Many notes write "fuser 8080 /tcp", which means the same.
func (p *parser) name(arg string) error {
	text, space := arg, p.space
	if before, proto, ok := cutProto(arg); ok && before != "" {
		text, space = before, proto
	} else if _, proto, ok := p.protoFollows(arg); ok {
		text, space = arg, proto
		p.next()
	}
	if space == files {
		return p.file(text)
	}
	fields := strings.Split(text, ",")
	if len(fields) > 3 {
		return UsageError(arg + ": a name has the form [local port][,[remote host][,[remote port]]]")
	}
	fields = append(fields, "", "")
	spec := portSpec{fields[0], fields[1], fields[2]}
	p.Names = append(p.Names, Name{Text: text + "/" + space, Space: space, port: spec})
	return nil
}

func cutProto(arg string) (before, proto string, ok bool) {
	for _, proto := range []string{tcp, udp} {
		if before, ok := strings.CutSuffix(arg, "/"+proto); ok {
			return before, proto, true
		}
	}
	return "", "", false
}

// protoFollows tells whether arg is a number and the next argument "/tcp" or "/udp".
func (p *parser) protoFollows(arg string) (before, proto string, ok bool) {
	if _, err := strconv.ParseUint(arg, 10, 16); err != nil || len(p.rest) == 0 {
		return "", "", false
	}
	before, proto, ok = cutProto(p.rest[0])
	return before, proto, ok && before == ""
}

// file takes a path. It is shown absolute, and with the links in it followed.
func (p *parser) file(typed string) error {
	path, err := filepath.Abs(typed)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	p.Names = append(p.Names, Name{Text: path, Space: files, typed: typed})
	return nil
}

// filter is a portSpec with its names resolved.
type filter struct {
	local, remotePort uint16 // 0: any
	hosts             []netip.Addr
	anyHost           bool
	v4, v6            bool
}

// resolve looks the names of services and hosts up.
func (n *Name) resolve(o *Options) (filter, error) {
	f := filter{anyHost: n.port.remoteHost == "", v4: !o.V6, v6: !o.V4}
	var err error
	if f.local, err = service(n.Space, n.port.local); err != nil {
		return f, fmt.Errorf("cannot resolve local port %s: %w", n.port.local, err)
	}
	if f.remotePort, err = service(n.Space, n.port.remotePort); err != nil {
		return f, fmt.Errorf("cannot resolve remote port %s: %w", n.port.remotePort, err)
	}
	if f.anyHost {
		return f, nil
	}
	ips, err := net.LookupIP(n.port.remoteHost)
	if err != nil {
		return f, fmt.Errorf("cannot resolve remote address %s: %w", n.port.remoteHost, err)
	}
	for _, ip := range ips {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			f.hosts = append(f.hosts, addr.Unmap())
		}
	}
	return f, nil
}

// service is the number of a port or of a service's name; 0 for none.
func service(proto, name string) (uint16, error) {
	if name == "" {
		return 0, nil
	}
	n, err := net.LookupPort(proto, name)
	return uint16(n), err
}

// matches tells whether the socket is one that was asked for.
func (f *filter) matches(s *sockets.Socket) bool {
	v4 := s.Local.Addr().Is4()
	if v4 && !f.v4 || !v4 && !f.v6 {
		return false
	}
	return (f.local == 0 || s.Local.Port() == f.local) &&
		(f.remotePort == 0 || s.Remote.Port() == f.remotePort) &&
		(f.anyHost || f.hasHost(s.Remote.Addr().Unmap()))
}

func (f *filter) hasHost(addr netip.Addr) bool {
	for _, host := range f.hosts {
		if host == addr {
			return true
		}
	}
	return false
}
