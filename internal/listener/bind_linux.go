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

var errNotOurs = errors.New("not a TCP address with a fixed port")

// read finds out what a notified bind(2) is about. An error means that it is
// none that is shared; errNotOurs, that it never is.
func (a *Answerer) read(n *notification) (*Bind, error) {
	// The kernel takes descriptor and length as int, whatever else the registers hold.
	b := &Bind{PID: int(n.pid), FD: int(int32(n.data.args[0]))}
	size := min(int(int32(n.data.args[2])), unix.SizeofSockaddrInet6)
	if size < unix.SizeofSockaddrInet4 {
		return nil, errNotOurs
	}
	raw, err := a.peek(b.PID, uintptr(n.data.args[1]), size)
	if err != nil {
		return nil, err
	}
	var ok bool
	if b.Addr, b.V6, ok = parseAddress(raw); !ok || b.Addr.Port() == 0 {
		return nil, errNotOurs
	}
	if !isTCP(b.PID, b.FD, b.V6) || !sameNetwork(b.PID) {
		return nil, errNotOurs
	}
	if err := b.readFlags(); err != nil {
		return nil, err
	}
	// Where that is not allowed the options stay unknown, and the shared socket
	// has the system's defaults.
	if fd, err := a.borrow(b.PID, b.FD); err == nil {
		b.Options = OptionsOf(fd)
		unix.Close(fd)
	}
	return b, nil
}

// parseAddress reads a struct sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)).
func parseAddress(raw []byte) (addr netip.AddrPort, v6, ok bool) {
	if len(raw) < unix.SizeofSockaddrInet4 {
		return addr, false, false
	}
	port := binary.BigEndian.Uint16(raw[2:])
	switch family := binary.NativeEndian.Uint16(raw); {
	case family == unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[4:8])), port), false, true
	case family == unix.AF_INET6 && len(raw) >= unix.SizeofSockaddrInet6:
		ip := netip.AddrFrom16([16]byte(raw[8:24]))
		// The scope id counts for link-local addresses alone (ipv6(7)).
		if scope := binary.NativeEndian.Uint32(raw[24:]); scope != 0 && ip.IsLinkLocalUnicast() && !ip.Is4In6() {
			ip = ip.WithZone(strconv.FormatUint(uint64(scope), 10))
		}
		return netip.AddrPortFrom(ip, port), true, true
	}
	return addr, false, false
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

// sameNetwork: a program in another network namespace must not get a socket of ours.
func sameNetwork(pid int) bool {
	var its, ours unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d/ns/net", pid), &its) != nil || unix.Stat("/proc/self/ns/net", &ours) != nil {
		return false
	}
	return its.Dev == ours.Dev && its.Ino == ours.Ino
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
