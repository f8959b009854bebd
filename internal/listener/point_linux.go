package listener

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Who connects from this machine can choose a place of a steered group, whoever else
// is chosen for new connections: so each instance can be asked, though all of them
// share the port. The choice is, for IPv4, to come from the N-th address of
// 127.70.0.0/16; for IPv6, where this machine has but one such address, to come from
// it with a hop limit that nobody has by chance, and with the N-th flow label
// (RFC 6437) of labelled. The kernel gives labels to other connections too, by a hash.
const (
	pointed  = 127<<24 | 70<<16
	labelled = 0x70000
	hopLimit = 70

	flowLabels  = 0xfffff // the part of the header's first four bytes
	mostPointed = 0x1fff  // the last place that a label can choose
)

// PointAt is the address from which an IPv4 connection comes to a place, also to a
// socket for both families.
func PointAt(place int) netip.Addr {
	n := uint32(pointed | place)
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// DialPlace connects to a place of the group that listens on an address of this
// machine. Where the kernel gives no flow label it is any place.
func DialPlace(ctx context.Context, to netip.AddrPort, place int) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1}
	if to.Addr().Is4() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(PointAt(place), 0))
		return d.DialContext(ctx, "tcp", to.String())
	}
	label := uint32(labelled + place)
	fd, err := labelledSocket(to.Addr(), label)
	if err != nil {
		return d.DialContext(ctx, "tcp", to.String())
	}
	f := os.NewFile(uintptr(fd), to.String())
	defer f.Close()
	if err := connectLabelled(ctx, f, to, label); err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to, err)
	}
	return net.FileConn(f)
}

// labelledSocket makes a socket with our hop limit that may send a flow label to an
// address: a label is leased for that (ip6_flowlabel.c), by everybody who wants it.
func labelledSocket(to netip.Addr, label uint32) (fd int, err error) {
	const manager, send = 32, 33 // IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND
	const create, anybody = 1, 255
	lease := struct { // struct in6_flowlabel_req in linux/in6.h
		to                   [16]byte
		label                [4]byte
		action, share        uint8
		flags                uint16
		expires, linger, pad uint16
		_                    [2]byte
	}{to: to.As16(), share: anybody, flags: create}
	binary.BigEndian.PutUint32(lease.label[:], label)
	fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	text := unsafe.String((*byte)(unsafe.Pointer(&lease)), unsafe.Sizeof(lease))
	if err = unix.SetsockoptString(fd, unix.IPPROTO_IPV6, manager, text); err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, send, 1)
	}
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, hopLimit)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet6{Addr: netip.IPv6Loopback().As16()})
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// connectLabelled is connect(2) with a flow label, until ctx ends.
func connectLabelled(ctx context.Context, f *os.File, to netip.AddrPort, label uint32) error {
	stop := context.AfterFunc(ctx, func() { _ = f.SetDeadline(time.Unix(1, 0)) }) // one that is closed waits no more
	defer stop()
	addr := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&addr.Port))[:], to.Port())
	binary.BigEndian.PutUint32((*[4]byte)(unsafe.Pointer(&addr.Flowinfo))[:], label)
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	state := unix.Errno(unix.EINPROGRESS)
	begun := false
	err = raw.Write(func(fd uintptr) bool {
		if !begun {
			begun = true
			_, _, state = unix.Syscall(unix.SYS_CONNECT, fd, uintptr(unsafe.Pointer(&addr)), unsafe.Sizeof(addr))
			return state != unix.EINPROGRESS
		}
		result, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		state = unix.Errno(result)
		return err != nil || state != 0 || isConnected(int(fd))
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case state != 0:
		return state
	}
	return nil
}

func isConnected(fd int) bool {
	_, err := unix.Getpeername(fd)
	return err == nil
}
