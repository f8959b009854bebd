package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// A target is a port to connect to and, for HTTP, what to ask there.
type target struct {
	host string // empty: this machine, by IPv4 or IPv6
	port int
	path string // with its query; empty: do not ask, connecting is enough
}

// Dial connects to an address. It is for who can tell apart several programs that
// listen there.
type Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)

// Connect connects as anybody would.
func Connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", to.String())
}

// parseTCP reads PORT or HOST:PORT.
func parseTCP(s string) (t target, err error) {
	port := s
	if strings.Contains(s, ":") {
		if t.host, port, err = net.SplitHostPort(s); err != nil {
			return target{}, errors.New("wants HOST:PORT or [IPv6 address]:PORT")
		}
	}
	if t.port, err = parsePort(port); err != nil {
		return target{}, err
	}
	return t, checkHost(t.host)
}

// parseHTTP reads PORT, HOST, HOST:PORT, each with or without /PATH, and a URL. A word
// that could be a host is one only in a URL: before a path it is more likely a mistake.
func parseHTTP(s string) (t target, err error) {
	if strings.HasPrefix(s, "https:") {
		return target{}, errors.New("https is not supported")
	}
	s, isURL := strings.CutPrefix(strings.TrimPrefix(s, "http:"), "//")
	s, _, _ = strings.Cut(s, "#")
	authority, path := s, ""
	if i := strings.IndexAny(s, "/?"); i >= 0 {
		authority, path = s[:i], s[i:]
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if err := checkPath(path); err != nil {
		return target{}, err
	}
	if !isURL && isWord(authority) {
		return target{}, fmt.Errorf("wants a port, not %q (port 80 of a host of that name is http://%[1]s)", authority)
	}
	if !isNumber(authority) && !hasPort(authority) {
		authority += ":80"
	}
	t, err = parseTCP(authority)
	if err == nil && t.host == "" && !isNumber(authority) {
		err = errors.New("wants PORT/PATH or HOST:PORT/PATH")
	}
	if err != nil {
		return target{}, err
	}
	t.path = path
	return t, nil
}

// hasPort tells whether a host is followed by a port; colons within brackets
// belong to an address.
func hasPort(authority string) bool {
	return strings.LastIndexByte(authority, ':') > strings.LastIndexByte(authority, ']')
}

// isWord: no dot and no colon shows that it is a host or has a port.
func isWord(s string) bool {
	return s != "" && s != "localhost" && !isNumber(s) && !strings.ContainsAny(s, ".:[")
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func parsePort(s string) (int, error) {
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("wants a port from 1 to 65535, not %q", s)
	}
	return int(port), nil
}

// checkHost refuses what is neither a name nor an address. The host becomes
// part of a request, and names with other characters are none.
func checkHost(host string) error {
	for _, c := range []byte(host) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte(".-_:%", c) >= 0:
		default:
			return fmt.Errorf("wants a host's name or address, not %q", host)
		}
	}
	return nil
}

// checkPath refuses what cannot stand in a request's first line.
func checkPath(path string) error {
	for _, c := range []byte(path) {
		if c <= ' ' || c >= 0x7f {
			return fmt.Errorf("the path has a character that has to be written as %%%02X", c)
		}
	}
	return nil
}

// String is the target as parseTCP and parseHTTP take it.
func (t target) String() string {
	if t.host == "" {
		return strconv.Itoa(t.port) + t.path
	}
	return t.address(t.host) + t.path
}

func (t target) address(host string) string { return net.JoinHostPort(host, strconv.Itoa(t.port)) }

// name is what the target is called in an HTTP request and in messages.
func (t target) name() string {
	if t.host == "" {
		return t.address("localhost")
	}
	return t.address(t.host)
}

// check returns nil when the target answers as it should.
func (t target) check(ctx context.Context, dial Dial) error {
	conn, err := t.dial(ctx, dial)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", t.name(), cause(ctx, err))
	}
	defer conn.Close()
	if t.path == "" {
		return nil
	}
	if err := t.ask(ctx, conn); err != nil {
		return fmt.Errorf("GET http://%s%s: %w", t.name(), t.path, cause(ctx, err))
	}
	return nil
}

// loopback are the addresses of this machine, by IPv4 and IPv6.
var loopback = [...]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// dial connects. This machine is tried by both of its addresses, without asking
// anybody for them: a program may listen on either.
func (t target) dial(ctx context.Context, dial Dial) (conn net.Conn, err error) {
	if dial == nil {
		dial = Connect
	}
	if addr, err := netip.ParseAddr(t.host); err == nil {
		return dial(ctx, netip.AddrPortFrom(addr, uint16(t.port)))
	}
	if t.host != "" && t.host != "localhost" {
		return (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", t.address(t.host))
	}
	for i, addr := range loopback {
		other, e := dial(ctx, netip.AddrPortFrom(addr, uint16(t.port)))
		if e == nil {
			return other, nil
		}
		if i == 0 {
			err = e
		}
	}
	return nil, err
}

// cause takes out of a network error what a person has not been told yet.
func cause(ctx context.Context, err error) error {
	var errno syscall.Errno
	var op *net.OpError
	switch {
	case errors.As(err, &errno):
		return errno
	case ctx.Err() != nil:
		return fmt.Errorf("no answer: %w", context.Cause(ctx))
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
