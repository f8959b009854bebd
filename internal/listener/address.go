package listener

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Address is where programs listen that share a socket: a TCP address with a port,
// or a unix-domain one. It can be compared.
type Address struct {
	netip.AddrPort
	V6 bool // the socket is an AF_INET6 one

	// Path is what a unix socket is bound to (unix(7)): an absolute path, or, in
	// the abstract namespace, a name after a NUL byte; empty: this is a TCP address.
	Path string
	Kind int // of a unix socket: SOCK_STREAM or SOCK_SEQPACKET
}

// IsUnix tells whether it is a unix-domain address.
func (a Address) IsUnix() bool { return a.Path != "" }

// IsFile tells whether it is that of a file.
func (a Address) IsFile() bool { return strings.HasPrefix(a.Path, "/") }

// String is the address for people.
func (a Address) String() string {
	switch {
	case !a.IsUnix():
		return a.AddrPort.String()
	case a.IsFile():
		return a.Path
	}
	return "@" + a.Path[1:] // as ss(8) has it
}

// Name is the address without a slash in a part: FAMILY/ADDRESS. ParseName reads it.
func (a Address) Name() string {
	switch {
	case a.IsUnix():
		return unixFamily + strconv.Itoa(a.Kind) + "/" + hex.EncodeToString([]byte(a.Path))
	case a.V6:
		return "6/" + a.AddrPort.String()
	}
	return "4/" + a.AddrPort.String()
}

const unixFamily = "unix"

// ErrName is what ParseName says of a name that it does not know.
var ErrName = errors.New("its name is of another version")

// ParseName reads what Name has written.
func ParseName(name string) (a Address, err error) {
	family, text, ok := strings.Cut(name, "/")
	if !ok {
		return a, ErrName
	}
	if kind, ok := strings.CutPrefix(family, unixFamily); ok {
		path, err := hex.DecodeString(text)
		if a.Kind, _ = strconv.Atoi(kind); err != nil || a.Kind <= 0 || len(path) == 0 {
			return a, ErrName
		}
		a.Path = string(path)
		return a, nil
	}
	if a.AddrPort, err = netip.ParseAddrPort(text); err != nil || family != "4" && family != "6" {
		return a, ErrName
	}
	a.V6 = family == "6"
	return a, nil
}
