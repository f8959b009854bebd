package listener

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var errNotOurs = errors.New("not an address that is shared")

// read finds out what a notified bind(2) is about. An error means that it is
// none that is shared; errNotOurs, that it never is.
func (a *Answerer) read(n *notification) (*Bind, error) {
	// The kernel takes descriptor and length as int, whatever else the registers hold.
	b := &Bind{PID: int(n.pid), FD: int(int32(n.data.args[0]))}
	size := int(int32(n.data.args[2]))
	if size <= sizeofFamily || size > sizeofStorage { // a unix socket without a name, or nothing; or EINVAL
		return nil, errNotOurs
	}
	var err error
	if b.Raw, err = a.peek(b.PID, uintptr(n.data.args[1]), min(size, unix.SizeofSockaddrUnix)); err != nil {
		return nil, err
	}
	var ok bool
	if b.Address, ok = parseAddress(b.Raw); !ok || size > unix.SizeofSockaddrUnix && b.IsUnix() || !b.shareable() {
		return nil, errNotOurs
	}
	if err := b.readFlags(); err != nil {
		return nil, err
	}
	// Where that is not allowed all options but one stay unknown, and the shared
	// socket has the system's defaults.
	if fd, err := a.borrow(b.PID, b.FD); err == nil {
		defer unix.Close(fd)
		if !a.again && hasName(fd) {
			return nil, errNotOurs // no socket gets a second one: EINVAL
		}
		b.Options = OptionsOf(fd)
		on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT)
		b.Joins = err == nil && on != 0
		b.Alone = !b.Joins && !a.again
	} else {
		b.Options = a.heard(b)
	}
	return b, nil
}

// shareable: what is bound there can be shared.
func (b *Bind) shareable() bool {
	switch {
	case !sameNamespace(b.PID, "net"):
		return false
	case b.IsUnix():
		return b.completePath() && b.isConnectionUnix()
	}
	return b.Port() != 0 && isTCP(b.PID, b.FD, b.V6)
}

const (
	sizeofFamily  = 2   // of sa_family_t
	sizeofStorage = 128 // of struct sockaddr_storage, the most that bind(2) takes
)

// hasName tells whether a socket is bound already.
func hasName(fd int) bool {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return sa.Port != 0
	case *unix.SockaddrInet6:
		return sa.Port != 0
	case *unix.SockaddrUnix:
		return sa.Name != "" && sa.Name != "@" // what the package makes of none
	}
	return false
}

// parseAddress reads a struct sockaddr_in (ip(7)), sockaddr_in6 (ipv6(7)) or
// sockaddr_un (unix(7)), whose path may be relative and whose Kind is not known yet.
func parseAddress(raw []byte) (a Address, ok bool) {
	if len(raw) <= sizeofFamily {
		return a, false
	}
	family := binary.NativeEndian.Uint16(raw)
	if family == unix.AF_UNIX {
		return parsePath(raw[sizeofFamily:]), true
	}
	if len(raw) < unix.SizeofSockaddrInet4 {
		return a, false
	}
	port := binary.BigEndian.Uint16(raw[2:])
	switch {
	case family == unix.AF_INET:
		return Address{AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[4:8])), port)}, true
	case family == unix.AF_INET6 && len(raw) >= unix.SizeofSockaddrInet6:
		ip := netip.AddrFrom16([16]byte(raw[8:24]))
		// The scope id counts for link-local addresses alone (ipv6(7)).
		if scope := binary.NativeEndian.Uint32(raw[24:]); scope != 0 && ip.IsLinkLocalUnicast() && !ip.Is4In6() {
			ip = ip.WithZone(strconv.FormatUint(uint64(scope), 10))
		}
		return Address{AddrPort: netip.AddrPortFrom(ip, port), V6: true}, true
	}
	return a, false
}

// isTCP asks the socket file system for the protocol (sockfs keeps it as an
// extended attribute): a socket that is not bound yet is in no table of
// /proc/net. Go's servers listen with MPTCP where the kernel has it. A socket of
// the other family than its address is the kernel's to refuse.
func isTCP(pid, fd int, v6 bool) bool {
	var name [32]byte
	n, err := unix.Getxattr(fmt.Sprintf("/proc/%d/fd/%d", pid, fd), "system.sockprotoname", name[:])
	if err != nil {
		return false
	}
	switch strings.TrimRight(string(name[:n]), "\x00") {
	case "TCP", "MPTCP":
		return !v6
	case "TCPv6", "MPTCPv6":
		return v6
	}
	return false
}

// sameNamespace: a program in another network must not get a socket of ours, and
// paths are not the same to one that has other mounts (namespaces(7)).
func sameNamespace(pid int, kind string) bool {
	return sameFile(fmt.Sprintf("/proc/%d/ns/%s", pid, kind), "/proc/self/ns/"+kind)
}

// sameFile tells whether two paths lead to one file.
func sameFile(one, other string) bool {
	var a, b unix.Stat_t
	return unix.Stat(one, &a) == nil && unix.Stat(other, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// readFlags reads the descriptor's flags (proc_pid_fdinfo(5)).
func (b *Bind) readFlags() error {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", b.PID, b.FD))
	if err != nil {
		return fmt.Errorf("look at a program's socket: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if octal, ok := strings.CutPrefix(line, "flags:"); ok {
			flags, err := strconv.ParseUint(strings.TrimSpace(octal), 8, 64)
			if err != nil {
				return fmt.Errorf("look at a program's socket: %w", err)
			}
			b.Nonblock, b.CloseOnExec = flags&unix.O_NONBLOCK != 0, flags&unix.O_CLOEXEC != 0
			return nil
		}
	}
	return errNotOurs
}
