package sockets

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// The layout of linux/inet_diag.h. Port numbers and addresses are in network
// order, the rest is the machine's.
const (
	nlmsgHeader  = 16
	diagRequest  = nlmsgHeader + 56 // struct inet_diag_req_v2
	diagBoth     = nlmsgHeader + 60 // struct inet_diag_req, the first version
	tcpDiag      = 18               // TCPDIAG_GETSOCK, which goes with it
	diagAnswer   = 72               // struct inet_diag_msg, attributes follow
	attrSKV6Only = 11               // INET_DIAG_SKV6ONLY
)

// The TCP states that matter, as bits; a UDP socket that is bound and not
// connected is in CLOSE.
const (
	stateEstablished = 1
	stateClose       = 7
	stateListen      = 10
	everyState       = 0xffff
)

// diag lists the sockets of a protocol, of both families, by sock_diag(7).
func diag(proto string, connected bool, found func(Socket)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("open a diagnosis socket: %w", err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 32<<10) // the kernel fills at most this much at once
	for _, r := range requests(proto, connected) {
		if err := ask(fd, r); err != nil {
			return err
		}
		if err := answers(fd, buf, proto, found); err != nil {
			return err
		}
	}
	return nil
}

// requests ask for the sockets of both families. For TCP one is enough, of the
// first version, which ss(8) sends as well: the kernel goes through the table of
// all its connections for each, and that is large on a large machine.
func requests(proto string, connected bool) [][]byte {
	states := uint32(everyState)
	if proto == TCP {
		if !connected {
			states = 1 << stateListen
		}
		return [][]byte{requestBoth(states)}
	}
	if !connected {
		states = 1 << stateClose
	}
	return [][]byte{requestUDP(unix.AF_INET, states), requestUDP(unix.AF_INET6, states)}
}

func requestBoth(states uint32) []byte {
	b := header(diagBoth, tcpDiag)
	b[nlmsgHeader] = unix.AF_INET // both are told, whatever stands here
	binary.NativeEndian.PutUint32(b[diagBoth-8:], states)
	return b
}

func requestUDP(family byte, states uint32) []byte {
	b := header(diagRequest, unix.SOCK_DIAG_BY_FAMILY)
	b[nlmsgHeader], b[nlmsgHeader+1] = family, unix.IPPROTO_UDP // and no extensions
	binary.NativeEndian.PutUint32(b[nlmsgHeader+4:], states)
	return b
}

// header begins a netlink message of that size. What is left of zeros asks for
// any address and any port.
func header(size int, kind uint16) []byte {
	b := make([]byte, size)
	binary.NativeEndian.PutUint32(b, uint32(size))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	return b
}

func ask(fd int, request []byte) error {
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask for the sockets: %w", err)
	}
	return nil
}

// answers reads until the kernel says that the list is complete.
func answers(fd int, buf []byte, proto string, found func(Socket)) error {
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the list of sockets: %w", err)
		}
		done, err := messages(buf[:n], proto, found)
		if done || err != nil {
			return err
		}
	}
}

// messages goes through the netlink messages of one datagram.
func messages(b []byte, proto string, found func(Socket)) (done bool, err error) {
	for len(b) >= nlmsgHeader {
		size := int(binary.NativeEndian.Uint32(b))
		if size < nlmsgHeader || size > len(b) {
			return false, unix.EBADMSG
		}
		body := b[nlmsgHeader:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return false, refusal(body)
		case unix.SOCK_DIAG_BY_FAMILY, tcpDiag:
			if s, ok := parseDiag(body, proto); ok {
				found(s)
			}
		}
		b = b[min(align4(size), len(b)):]
	}
	return false, nil
}

// refusal is the errno in an NLMSG_ERROR: ENOENT without the kernel's module.
func refusal(body []byte) error {
	if len(body) < 4 {
		return unix.EBADMSG
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(body)))
}

// parseDiag reads a struct inet_diag_msg with its attributes.
func parseDiag(b []byte, proto string) (Socket, bool) {
	if len(b) < diagAnswer {
		return Socket{}, false
	}
	family, state := b[0], b[1]
	s := Socket{
		Proto: proto,
		Local: netip.AddrPortFrom(address(family, b[8:24]), binary.BigEndian.Uint16(b[4:])),
		UID:   int(binary.NativeEndian.Uint32(b[64:])),
		Inode: uint64(binary.NativeEndian.Uint32(b[68:])),
	}
	if !waits(proto, state) {
		s.Remote = netip.AddrPortFrom(address(family, b[24:40]), binary.BigEndian.Uint16(b[6:]))
	}
	s.V6Only = family == unix.AF_INET6 && attribute(b[diagAnswer:], attrSKV6Only) == 1
	return s, true
}

func waits(proto string, state byte) bool {
	return proto == TCP && state == stateListen || proto == UDP && state == stateClose
}

func address(family byte, b []byte) netip.Addr {
	if family == unix.AF_INET {
		return netip.AddrFrom4([4]byte(b))
	}
	return netip.AddrFrom16([16]byte(b))
}

// attribute is the first byte of the netlink attribute kind, or 0.
func attribute(b []byte, kind uint16) byte {
	const header = 4
	for len(b) > header {
		size := int(binary.NativeEndian.Uint16(b))
		if size < header || size > len(b) {
			return 0
		}
		if binary.NativeEndian.Uint16(b[2:]) == kind && size > header {
			return b[header]
		}
		b = b[min(align4(size), len(b)):]
	}
	return 0
}

func align4(n int) int { return (n + 3) &^ 3 }
