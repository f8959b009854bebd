package listener

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// run interprets those instructions of classic BPF (linux/filter.h) that a
// steering program is made of; what the kernel's random number is, is given, and
// the IP header of who connects.
func run(program []unix.SockFilter, random uint32, header []byte) (uint32, error) {
	const number, net = 0xfffff000 + 56, 0xfff00000 // SKF_AD_OFF + SKF_AD_RANDOM, SKF_NET_OFF
	var a uint32
	for pc := 0; pc < len(program); pc++ {
		switch in := program[pc]; in.Code {
		case unix.BPF_LD | unix.BPF_B | unix.BPF_ABS:
			a = uint32(header[in.K-net])
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			switch {
			case in.K == number:
				a = random
			case in.K < net || in.K-net+4 > uint32(len(header)):
				return 0, fmt.Errorf("instruction %d loads %#x", pc, in.K)
			default:
				a = binary.BigEndian.Uint32(header[in.K-net:])
			}
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= in.K
		case unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K:
			a >>= in.K
		case unix.BPF_ALU | unix.BPF_SUB | unix.BPF_K:
			a -= in.K
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			if a > in.K {
				pc += int(in.Jt)
			} else {
				pc += int(in.Jf)
			}
		case unix.BPF_RET | unix.BPF_A:
			return a, nil
		case unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K:
			if in.K == 0 {
				return 0, fmt.Errorf("instruction %d divides by zero", pc)
			}
			a %= in.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			if a == in.K {
				pc += int(in.Jt)
			} else {
				pc += int(in.Jf)
			}
		case unix.BPF_RET | unix.BPF_K:
			return in.K, nil
		default:
			return 0, fmt.Errorf("instruction %d has the code %#x", pc, in.Code)
		}
	}
	return 0, fmt.Errorf("the program does not return")
}

// header is the IP header of who comes from an address, with our hop limit and a flow
// label.
func header(source netip.Addr, label uint32) []byte {
	if source.Is4() {
		h := make([]byte, 20)
		h[0] = 0x45
		copy(h[12:], source.AsSlice())
		return h
	}
	h := make([]byte, 40)
	binary.BigEndian.PutUint32(h, 6<<28|0xff<<20|label) // with any traffic class
	h[7] = hopLimit
	copy(h[8:], source.AsSlice())
	return h
}

// strangers choose nothing: they are the neighbours of those that do.
func strangers() (headers [][]byte) {
	for _, source := range []string{"0.0.0.0", "127.0.0.1", "127.69.255.255", "127.71.0.0", "10.70.0.1", "255.255.255.255", "0.0.0.1"} {
		headers = append(headers, header(netip.MustParseAddr(source), 0))
	}
	for _, source := range []string{"1::1", "0:0:1::1", "::1:0:0:1", "::1:0:0", "::2", "::", "2001:db8::1"} {
		headers = append(headers, header(netip.MustParseAddr(source), labelled+1))
	}
	for _, label := range []uint32{0, 1, labelled - 1, labelled + mostPointed + 1, 0xf0001, flowLabels} {
		headers = append(headers, header(netip.IPv6Loopback(), label))
	}
	usual := header(netip.IPv6Loopback(), labelled+1)
	usual[7] = 64
	return append(headers, usual)
}

// A steering program chooses each of its places, no other, and all of them alike.
func TestSteering(t *testing.T) {
	strangers := strangers()
	for _, places := range [][]int{{0}, {5}, {0, 1}, {1, 2, 4}, {7, 3, 11, 0}, count(1024)} {
		program := steering(places)
		if len(program) > 4096 { // BPF_MAXINSNS
			t.Errorf("%d places: %d instructions", len(places), len(program))
		}
		chosen := map[uint32]int{}
		for i := range uint32(4 * len(places)) {
			place, err := run(program, i, strangers[i%uint32(len(strangers))])
			if err != nil {
				t.Fatalf("places %v, random %d: %v", places, i, err)
			}
			chosen[place]++
		}
		for _, place := range places {
			if chosen[uint32(place)] != 4 {
				t.Errorf("places %v: %d is chosen %d times of %d", places, place, chosen[uint32(place)], 4*len(places))
			}
		}
		if len(chosen) != len(places) {
			t.Errorf("places %v: chosen are %v", places, chosen)
		}
	}
	for range 1000 {
		if place, err := run(steering([]int{2, 4, 6}), rand.Uint32(), strangers[0]); err != nil || place%2 != 0 || place < 2 || place > 6 {
			t.Fatalf("%d is chosen: %v", place, err)
		}
	}
}

// Who connects from the address of a place, or with its flow label, comes there, also
// to one that is left out for others.
func TestPointAtAPlace(t *testing.T) {
	for _, place := range []int{0, 1, 7, 300, 8191} {
		for _, header := range [][]byte{header(PointAt(place), 0), header(netip.IPv6Loopback(), uint32(labelled+place))} {
			if got, err := run(steering([]int{2, 4}), rand.Uint32(), header); err != nil || got != uint32(place) {
				t.Errorf("% x leads to place %d (%v), not to %d", header, got, err, place)
			}
		}
	}
	sockets, address := newGroup(t, 4)
	pointAtTwo(t, sockets, address)
}

// All sockets for IPv6 can be chosen among by either family; an IPv4 connection to
// them has an IPv4 header.
func TestPointAtAPlaceOfIPv6(t *testing.T) {
	for _, test := range []struct{ bound, asked string }{{"::", "127.0.0.1"}, {"::", "::1"}, {"::1", "::1"}} {
		port := freePort(t)
		var sockets []int
		for range 4 {
			fd, err := Open(hostPort(test.bound, port), nil)
			if err != nil {
				t.Skip("SKIPPED: no IPv6 here: ", err)
			}
			if err := Admit(fd); err != nil {
				t.Fatal(err)
			}
			sockets = append(sockets, closing(t, fd))
		}
		pointAtTwo(t, sockets, at(test.asked, port))
	}
}

func pointAtTwo(t *testing.T, sockets []int, address string) {
	t.Helper()
	if err := Steer(sockets[0], []int{1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 10 {
		c, err := DialPlace(ctx, netip.MustParseAddrPort(address), 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	connect(t, address, 5)
	if got := waiting(t, sockets); !slices.Equal(got, []int{0, 5, 10, 0}) {
		t.Errorf("connections to %s wait as %v", address, got)
	}
}

// Where nobody listens, or nobody answers in time, it is the same error by both families.
func TestDialPlaceFails(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		_, err := DialPlace(t.Context(), netip.MustParseAddrPort(at(host, freePort(t))), 1)
		if !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("%s: %v", host, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := DialPlace(ctx, netip.MustParseAddrPort(at(host, freePort(t))), 1); err == nil {
			t.Errorf("%s: somebody answers after the end", host)
		}
	}
}

func count(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestSteerToNobody(t *testing.T) {
	if err := Steer(open(t, hostPort("127.0.0.1", freePort(t)), nil), nil); err == nil {
		t.Error("new connections were steered to nobody")
	}
}

// group makes n sockets of a group on the loopback device.
func newGroup(t *testing.T, n int) (sockets []int, address string) {
	t.Helper()
	port := freePort(t)
	for range n {
		sockets = append(sockets, open(t, hostPort("127.0.0.1", port), nil))
	}
	return sockets, at("127.0.0.1", port)
}

// connect makes n connections and lets go of them when they are complete.
func connect(t *testing.T, address string, n int) {
	t.Helper()
	for range n {
		c, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			t.Fatal(err)
		}
		// Without a linger time it leaves nothing behind in TIME_WAIT.
		if err := c.(*net.TCPConn).SetLinger(0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

func waiting(t *testing.T, sockets []int) (counts []int) {
	t.Helper()
	for _, fd := range sockets {
		n, err := Waiting(fd)
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	return counts
}

// The kernel runs the program for each connection: of 4000, each of four places
// gets its share, by a chi-square test that a fair program fails once in a
// million, and the places that are left out get none.
func TestConnectionsSpreadEvenly(t *testing.T) {
	const total, round = 4000, 250
	sockets, address := newGroup(t, 6)
	ready := []int{0, 2, 3, 5}
	if err := Steer(sockets[0], ready); err != nil {
		t.Fatal(err)
	}
	counts := make([]int, len(sockets))
	for range total / round {
		connect(t, address, round)
		for i, fd := range sockets {
			counts[i] += Reset(fd)
		}
	}
	chi := 0.0
	const expected = total / 4.0
	for _, place := range ready {
		d := float64(counts[place]) - expected
		chi += d * d / expected
	}
	const critical = 30.66 // three degrees of freedom, p = 1e-6
	if chi > critical {
		t.Errorf("connections %v: chi square is %.1f, more than %.1f", counts, chi, critical)
	}
	if counts[1] != 0 || counts[4] != 0 {
		t.Errorf("places that are not ready got connections: %v", counts)
	}
	if sum := counts[0] + counts[2] + counts[3] + counts[5]; sum != total {
		t.Errorf("%d connections of %d came", sum, total)
	}
}

// A place without a process keeps its connections; what comes later goes to the
// others, and none is refused.
func TestConnectionsWaitForAPlace(t *testing.T) {
	sockets, address := newGroup(t, 2)
	if err := Steer(sockets[0], []int{1}); err != nil {
		t.Fatal(err)
	}
	connect(t, address, 20)
	if got := waiting(t, sockets); !slices.Equal(got, []int{0, 20}) {
		t.Fatalf("connections wait as %v", got)
	}
	if err := Steer(sockets[0], []int{0}); err != nil {
		t.Fatal(err)
	}
	connect(t, address, 5)
	if got := waiting(t, sockets); !slices.Equal(got, []int{5, 20}) {
		t.Fatalf("then as %v", got)
	}
}

// What nobody is to answer any more is refused at once, not left to wait.
func TestResetEndsWhatWaits(t *testing.T) {
	sockets, address := newGroup(t, 1)
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	connect(t, address, 3)
	if n := Reset(sockets[0]); n != 4 {
		t.Errorf("%d connections were reset, not 4", n)
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the client reads: %v", err)
	}
	if n := Reset(sockets[0]); n != 0 {
		t.Errorf("then %d more", n)
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// needFilters skips where only root may filter what comes to a socket.
func needFilters(t *testing.T) {
	t.Helper()
	fd, err := Open(hostPort("127.0.0.1", freePort(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0); err != nil {
		t.Skipf("SKIPPED: this system lets only root filter sockets (%v)", err)
	}
}

// Until it is told to, a socket of a group takes no connection; one that has come
// meanwhile is made after it, since the kernel of the client tries again.
func TestNobodyComesBeforeAdmit(t *testing.T) {
	needFilters(t)
	port := freePort(t)
	fd, err := Open(hostPort("127.0.0.1", port), nil)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, fd)
	early := make(chan error, 1)
	go func() {
		c, err := net.DialTimeout("tcp", at("127.0.0.1", port), patience)
		if err == nil {
			c.Close()
		}
		early <- err
	}()
	if half, err := HalfOpen([]uint16{port}); err != nil || len(half) > 0 {
		t.Errorf("half open are %v (%v)", half, err)
	}
	if n, err := Waiting(fd); err != nil || n != 0 {
		t.Errorf("%d connections wait (%v)", n, err)
	}
	for range 2 {
		if err := Admit(fd); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-early; err != nil {
		t.Errorf("the early one: %v", err)
	}
}
