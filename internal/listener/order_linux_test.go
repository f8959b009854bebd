package listener

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// survivors makes a group of n sockets, of which some are closed then in any
// order; the others are returned in any order.
func survivors(t *testing.T, addr Address, n int) (sockets []int) {
	t.Helper()
	for range n {
		fd := open(t, addr, nil)
		if err := Admit(fd); err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, fd)
	}
	rand.Shuffle(n, func(i, j int) { sockets[i], sockets[j] = sockets[j], sockets[i] })
	for _, fd := range sockets[:n/2] {
		if err := unix.Shutdown(fd, unix.SHUT_RDWR); err != nil { // it leaves the group
			t.Fatal(err)
		}
	}
	return sockets[n/2:]
}

// After Order, steering to a place reaches the socket that is said to be there.
func TestOrder(t *testing.T) {
	for _, at := range []string{"127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"} {
		t.Run(at, func(t *testing.T) {
			sockets := survivors(t, hostPort(at, freePort(t)), 12)
			order, err := Order(sockets)
			if err != nil {
				t.Fatal(err)
			}
			addr, err := addressOf(sockets[0])
			if err != nil {
				t.Fatal(err)
			}
			// New ones are behind them.
			sockets, order = append(sockets, open(t, addr, nil)), append(order, len(sockets))
			if err := Admit(sockets[len(sockets)-1]); err != nil {
				t.Fatal(err)
			}
			for i, fd := range sockets {
				if err := Steer(fd, order[i:i+1]); err != nil {
					t.Fatal(err)
				}
				connect(t, addr.reachable().String(), 2)
				for j, other := range sockets {
					if n := Reset(other); n != 0 && j != i || j == i && n != 2 {
						t.Errorf("steered to %d of %v, socket %d got %d", i, order, j, n)
					}
				}
			}
		})
	}
}

// What it does to a socket is taken back, and no connection is left behind.
func TestOrderLeavesNothing(t *testing.T) {
	sockets := survivors(t, hostPort("127.0.0.1", freePort(t)), 4)
	set := []struct{ name, value int }{{unix.TCP_MAXSEG, 1200}, {unix.TCP_DEFER_ACCEPT, 3}}
	for _, o := range set {
		if err := unix.SetsockoptInt(sockets[0], unix.IPPROTO_TCP, o.name, o.value); err != nil {
			t.Fatal(err)
		}
	}
	var before, after []int
	look := func() (all []int) {
		for _, fd := range sockets {
			for _, o := range set {
				v, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, o.name)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, v)
			}
		}
		return all
	}
	before = look()
	if _, err := Order(sockets); err != nil {
		t.Fatal(err)
	}
	if after = look(); !slices.Equal(before, after) {
		t.Errorf("the options were %v and are %v", before, after)
	}
	if got := waiting(t, sockets); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("connections wait: %v", got)
	}
}

// A group of which others have sockets too has no order that could be relied on.
func TestOrderOfAPart(t *testing.T) {
	for n := range 4 {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			sockets := survivors(t, hostPort("127.0.0.1", freePort(t)), 8)
			part := slices.Delete(slices.Clone(sockets), n, n+1)
			if order, err := Order(part); err == nil {
				t.Errorf("the order of a part is %v", order)
			}
		})
	}
}
