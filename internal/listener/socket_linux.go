package listener

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// backlog is asked for; the kernel caps it at net.core.somaxconn. The program
// sets its own with listen(2).
const backlog = 4096

// Open makes one listening socket of the group for addr. All of a group have
// the same addr and options, and are made in the order of their instances: the
// place in the group is what Steer counts by.
//
// It listens, and hears nothing until Admit. Before Steer the kernel would give
// connections to any socket of the group, also to one that nobody looks after.
func Open(addr Address, o *Options) (fd int, err error) {
	fd, err = unix.Socket(addr.family(), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("make a socket for %v: %w", addr, err)
	}
	if err := prepare(fd, addr, o); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("listen on %v: %w", addr, err)
	}
	return fd, nil
}

// Taken tells whether somebody listens on addr already, or where it would be in
// the way: EADDRINUSE then, or why else nobody may listen there. A group of ours
// would not notice, since every SO_REUSEPORT socket of this user may join it.
func Taken(addr Address, o *Options) error {
	fd, err := unix.Socket(addr.family(), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket for %v: %w", addr, err)
	}
	defer unix.Close(fd)
	o.Apply(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("listen on %v: %w", addr, err)
	}
	if err := unix.Bind(fd, addr.sockaddr()); err != nil {
		return fmt.Errorf("listen on %v: %w", addr, err)
	}
	return nil
}

// Reset refuses the connections that wait at a socket, when nobody is to accept
// them any more, and returns how many. It makes the socket a nonblocking one.
func Reset(socket int) (n int) {
	if unix.SetNonblock(socket, true) != nil {
		return 0
	}
	for {
		fd, _, err := unix.Accept4(socket, unix.SOCK_CLOEXEC)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
			continue
		case err != nil:
			return n
		}
		// Closed with a linger time of zero it is reset (tcp(7)), so that the
		// other side does not take it for an answer.
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		unix.Close(fd)
		n++
	}
}

func prepare(fd int, addr Address, o *Options) error {
	o.Apply(fd)
	for _, opt := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, opt, 1); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, addr.sockaddr()); err != nil {
		return err
	}
	// Whoever connects now tries again in a second (tcp_syn_retries of tcp(7)).
	// Some systems let only root filter; there the moment until Steer is a gap
	// in which a connection may go to a socket that nobody looks after yet.
	deaf := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0}
	err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &deaf})
	if err != nil && !errors.Is(err, unix.EPERM) {
		return err
	}
	return unix.Listen(fd, backlog)
}

// Admit lets connections come to a socket; they may come already.
func Admit(socket int) error {
	err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
	if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("admit connections: %w", err)
	}
	return nil
}

func (a Address) family() int {
	if a.V6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

// sockaddr is a TCP address for bind(2) and connect(2).
func (a Address) sockaddr() unix.Sockaddr {
	if !a.V6 {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if zone, err := strconv.ParseUint(a.Addr().Zone(), 10, 32); err == nil {
		sa.ZoneId = uint32(zone)
	}
	return sa
}

// Steer has the group of socket give new connections, at random and evenly, to
// these places of it. Connections that are on their way already stay where they
// are. It is a classic BPF program (SO_ATTACH_REUSEPORT_CBPF, socket(7)),
// which needs no privilege.
func Steer(socket int, places []int) error {
	if len(places) == 0 {
		return errors.New("steer new connections to nobody")
	}
	return attach(socket, steering(places))
}

func attach(socket int, program []unix.SockFilter) error {
	err := unix.SetsockoptSockFprog(socket, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &unix.SockFprog{
		Len: uint16(len(program)), Filter: &program[0],
	})
	if err != nil {
		return fmt.Errorf("steer new connections: %w", err)
	}
	return nil
}

// Scatter ends the steering: the kernel gives new connections to all sockets of
// the group, by a hash of their addresses (SO_DETACH_REUSEPORT_BPF, Linux 5.3).
func Scatter(socket int) error {
	err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_DETACH_REUSEPORT_BPF, 0)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("end the steering of connections: %w", err)
	}
	return nil
}

// steering returns a program that chooses a place. A random number modulo the
// number of places is looked up in a row of comparisons.
func steering(places []int) []unix.SockFilter {
	const random = 0xfffff000 + 56 // SKF_AD_OFF + SKF_AD_RANDOM (linux/filter.h)
	program := append(choice(),
		unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: random},
		unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K, K: uint32(len(places))},
	)
	for i, place := range places {
		if i < len(places)-1 { // the last needs no question
			program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(i)})
		}
		program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: uint32(place)})
	}
	return program
}

// choice is the beginning of a steering program: a client of this machine may choose
// its place (see PointAt). For all others it ends behind its last instruction.
func choice() []unix.SockFilter {
	// SKF_NET_OFF (linux/filter.h), where the IP header is: its version is in the
	// first four bits. IPv4 has the source at 12, IPv6 at 8 and its hop limit at 7.
	const header = 0xfff00000
	loadByte := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: header + at}
	}
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: header + at}
	}
	less := func(n uint32) unix.SockFilter { // what is below it becomes a large number
		return unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_SUB | unix.BPF_K, K: n}
	}
	unless := func(n uint32, skipped uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: skipped, K: n}
	}
	place := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_A}
	return []unix.SockFilter{
		loadByte(0),
		{Code: unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K, K: 4},
		unless(4, 4),
		load(12), less(pointed),
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, Jt: 17, K: 0xffff},
		place,
		unless(6, 15),
		loadByte(7), unless(hopLimit, 13),
		load(8), unless(0, 11),
		load(12), unless(0, 9),
		load(16), unless(0, 7),
		load(20), unless(1, 5),
		load(0), {Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: flowLabels}, less(labelled),
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, Jt: 1, K: mostPointed},
		place,
	}
}
