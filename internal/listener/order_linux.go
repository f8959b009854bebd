package listener

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Order finds where in the kernel's group each of its sockets is: order[i] is the
// place of sockets[i]. It is for sockets that were taken back from programs, of
// which nobody knows any more in which order the others of the group were closed.
// The sockets must be the whole of the group; that they are is found out too.
//
// No call tells the order. So it makes a connection to each place in turn, by a
// steering program that is meant for that connection alone, while each socket
// offers a segment size of its own (TCP_MAXSEG): the client sees who answers. With
// TCP_DEFER_ACCEPT a connection that sends nothing never comes to the program.
//
// The group is left without steering: the kernel gives new connections to all of it.
func Order(sockets []int) (order []int, err error) {
	addr, err := addressOf(sockets[0])
	if err != nil {
		return nil, err
	}
	if len(sockets) > mostMarks {
		return nil, fmt.Errorf("%d sockets on %v are more than can be told apart", len(sockets), addr)
	}
	for i, fd := range sockets {
		unmark, err := mark(fd, i)
		defer unmark()
		if err != nil {
			return nil, fmt.Errorf("mark a socket on %v: %w", addr, err)
		}
	}
	defer func() {
		if e := Scatter(sockets[0]); err == nil {
			err = e
		}
	}()
	order = make([]int, len(sockets))
	found := make([]bool, len(sockets))
	for place := range len(sockets) + 1 {
		i, err := answering(sockets[0], place, addr)
		switch {
		case err != nil:
			return nil, fmt.Errorf("ask who answers on %v: %w", addr, err)
		case i < 0 || i >= len(sockets):
			return nil, fmt.Errorf("somebody else listens on %v too", addr)
		case place == len(sockets): // there is no such place, and anyone may answer
		case found[i]:
			return nil, fmt.Errorf("not all sockets on %v are of one group", addr)
		default:
			order[i], found[i] = place, true
		}
	}
	return order, nil
}

// The segment sizes that sockets are told apart by. A client loses up to
// markStep-1 bytes of them to the options that each of its segments has.
const (
	firstMark = 1024
	markStep  = 16
	mostMarks = 2048
)

// mark has the socket offer the i-th segment size to those who connect, and not
// show a connection before data has come; unmark takes that back.
func mark(fd, i int) (unmark func(), err error) {
	segment, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG)
	if err != nil {
		return func() {}, err
	}
	const unset = 536 // what it reads when nobody has set it (TCP_MSS_DEFAULT)
	if segment == unset {
		segment = 0
	}
	wait, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT)
	if err != nil {
		return func() {}, err
	}
	set := func(segment, wait int) error {
		return errors.Join(
			unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG, segment),
			unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, wait))
	}
	// What could be set once can be set back.
	return func() { _ = set(segment, wait) }, set(firstMark+markStep*i, max(wait, 1))
}

// answering connects to a place of the group and returns which of the marked
// sockets answers; -1: none of them.
func answering(group, place int, addr Address) (int, error) {
	fd, err := unix.Socket(addr.family(), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fd)
	// It is reset when it is closed, so that nothing of it stays.
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return -1, err
	}
	patience := unix.Timeval{Sec: 2} // a queue may be full
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience); err != nil {
		return -1, err
	}
	target := addr.reachable()
	if err := unix.Bind(fd, target.at(0).sockaddr()); err != nil {
		return -1, err
	}
	from, err := addressOf(fd)
	if err != nil {
		return -1, err
	}
	if err := attach(group, steeringOne(from, place)); err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, target.sockaddr()); err != nil {
		return -1, err
	}
	segment, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG)
	if err != nil || segment < firstMark-markStep || segment >= firstMark+markStep*mostMarks {
		return -1, err
	}
	return (segment - firstMark + markStep - 1) / markStep, nil
}

// reachable is an address at which a client of this machine finds who listens on a.
func (a Address) reachable() Address {
	switch {
	case !a.Addr().IsUnspecified():
	case a.V6:
		a.AddrPort = netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
	default:
		a.AddrPort = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
	}
	return a
}

// at is the address with another port.
func (a Address) at(port uint16) Address {
	a.AddrPort = netip.AddrPortFrom(a.Addr(), port)
	return a
}

// steeringOne returns a program that steers the connection from a port of this
// machine to a place, and all others to nowhere: then the kernel chooses.
func steeringOne(from Address, place int) []unix.SockFilter {
	const skfNetOff = 0xfff00000 // SKF_NET_OFF of linux/filter.h: from the IP header on
	header := uint32(20)         // of IPv4 without options, which we send none of
	if from.Addr().Unmap().Is6() {
		header = 40
	}
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: skfNetOff + header},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(from.Port())},
		{Code: unix.BPF_RET | unix.BPF_K, K: uint32(place)},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
	}
}

// addressOf is where a socket is bound.
func addressOf(fd int) (a Address, err error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return a, fmt.Errorf("look at a socket: %w", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		a.AddrPort = netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
		return a, nil
	case *unix.SockaddrUnix:
		if a.Path = sa.Name; strings.HasPrefix(a.Path, "@") { // as the library has a NUL
			a.Path = "\x00" + a.Path[1:]
		}
		a.Kind, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
		return a, err
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		a.AddrPort, a.V6 = netip.AddrPortFrom(ip, uint16(sa.Port)), true
		return a, nil
	}
	return a, fmt.Errorf("look at a socket: %w", unix.EAFNOSUPPORT)
}
