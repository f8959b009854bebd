package listener

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// run interprets those instructions of classic BPF (linux/filter.h) that a
// steering program is made of; what the kernel's random number is, is given, and
// who connects: 0 stands for IPv6.
func run(program []unix.SockFilter, random, source uint32) (uint32, error) {
	const number, header = 0xfffff000 + 56, 0xfff00000 // SKF_AD_OFF + SKF_AD_RANDOM, SKF_NET_OFF
	version := uint32(0x45)
	if source == 0 {
		version = 0x60
	}
	loads := map[uint32]uint32{number: random, header: version, header + 12: source}
	var a uint32
	for pc := 0; pc < len(program); pc++ {
		switch in := program[pc]; in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_LD | unix.BPF_B | unix.BPF_ABS:
			value, ok := loads[in.K]
			if !ok || (in.K == header) != (in.Code&unix.BPF_B != 0) {
				return 0, fmt.Errorf("instruction %d loads %#x", pc, in.K)
			}
			a = value
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

// strangers are addresses that connections come from, and whoever is nobody's
// choice: IPv6, and the neighbours of those that choose a place.
var strangers = []uint32{0, 127<<24 | 1, 127<<24 | 69<<16 | 0xffff, 127<<24 | 71<<16, 10<<24 | 70<<16 | 1, 0xffffffff, 1}

// A steering program chooses each of its places, no other, and all of them alike.
func TestSteering(t *testing.T) {
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
		if place, err := run(steering([]int{2, 4, 6}), rand.Uint32(), 127<<24|1); err != nil || place%2 != 0 || place < 2 || place > 6 {
			t.Fatalf("%d is chosen: %v", place, err)
		}
	}
}

// Who connects from the address of a place comes there, also to one that is left
// out for others.
func TestPointAtAPlace(t *testing.T) {
	for _, place := range []int{0, 1, 7, 300, 8191} {
		from := PointAt(place).As4()
		source := uint32(from[0])<<24 | uint32(from[1])<<16 | uint32(from[2])<<8 | uint32(from[3])
		if got, err := run(steering([]int{2, 4}), rand.Uint32(), source); err != nil || got != uint32(place) {
			t.Errorf("%v leads to place %d (%v), not to %d", PointAt(place), got, err, place)
		}
	}
	sockets, address := newGroup(t, 4)
	pointAtTwo(t, sockets, address)
}

// An IPv4 connection to a socket for both has an IPv4 header.
func TestPointAtAPlaceOfBothFamilies(t *testing.T) {
	port := freePort(t)
	var sockets []int
	for range 4 {
		fd, err := Open(hostPort("::", port), nil)
		if err != nil {
			t.Skip("SKIPPED: no IPv6 here: ", err)
		}
		if err := Admit(fd); err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, closing(t, fd))
	}
	pointAtTwo(t, sockets, at("127.0.0.1", port))
}

func pointAtTwo(t *testing.T, sockets []int, address string) {
	t.Helper()
	if err := Steer(sockets[0], []int{1}); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: PointAt(2).AsSlice()}}
		c, err := dialer.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	connect(t, address, 5)
	if got := waiting(t, sockets); !slices.Equal(got, []int{0, 5, 10, 0}) {
		t.Errorf("connections wait as %v", got)
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
