package sockets

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
)

// listen opens a listener for the test's life and returns its port.
func listen(t testing.TB, lc net.ListenConfig, network, addr string) uint16 {
	t.Helper()
	ln, err := lc.Listen(context.Background(), network, addr)
	if err != nil {
		t.Skipf("SKIPPED: cannot listen on %s %s: %v", network, addr, err)
	}
	t.Cleanup(func() { ln.Close() })
	return netip.MustParseAddrPort(ln.Addr().String()).Port()
}

// bind opens a UDP socket for the test's life and returns its port.
func bind(t testing.TB, network, addr string) uint16 {
	t.Helper()
	pc, err := net.ListenPacket(network, addr)
	if err != nil {
		t.Skipf("SKIPPED: cannot bind %s %s: %v", network, addr, err)
	}
	t.Cleanup(func() { pc.Close() })
	return netip.MustParseAddrPort(pc.LocalAddr().String()).Port()
}

func find(t testing.TB, q Query) []Socket {
	t.Helper()
	f, err := Find(q)
	if err != nil {
		t.Fatal(err)
	}
	return f.Sockets
}

// one is the only socket on port that this process holds.
func one(t testing.TB, proto string, port uint16) Socket {
	t.Helper()
	all := find(t, Query{TCP: proto == TCP, UDP: proto == UDP, Ports: []uint16{port}, PIDs: []int{os.Getpid()}})
	all = slices.DeleteFunc(all, func(s Socket) bool { return !slices.Contains(s.PIDs, os.Getpid()) })
	if len(all) != 1 {
		t.Fatalf("%d sockets on %d/%s, want 1: %+v", len(all), port, proto, all)
	}
	return all[0]
}

func TestListeners(t *testing.T) {
	for _, c := range []struct{ network, listen, want string }{
		{"tcp4", "127.0.0.1:0", "127.0.0.1"},
		{"tcp4", "0.0.0.0:0", "0.0.0.0"},
		{"tcp6", "[::1]:0", "::1"},
		{"tcp6", "[::]:0", "::"},
		{"tcp", ":0", "::"}, // dual
	} {
		t.Run(c.network+" "+c.listen, func(t *testing.T) {
			port := listen(t, net.ListenConfig{}, c.network, c.listen)
			s := one(t, TCP, port)
			if s.Local.Addr() != netip.MustParseAddr(c.want) || !s.Listens() {
				t.Errorf("%+v, want a listener on %s", s, c.want)
			}
			if s.UID != -1 && s.UID != os.Getuid() {
				t.Errorf("uid %d, want %d", s.UID, os.Getuid())
			}
		})
	}
}

func TestUDP(t *testing.T) {
	for _, c := range []struct{ network, bind string }{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}, {"udp", ":0"}} {
		t.Run(c.network, func(t *testing.T) {
			if s := one(t, UDP, bind(t, c.network, c.bind)); !s.Listens() {
				t.Errorf("%+v is no bound socket", s)
			}
		})
	}
}

func TestUDPPortIsNotTCP(t *testing.T) {
	port := bind(t, "udp4", "127.0.0.1:0")
	for _, s := range find(t, Query{TCP: true, Ports: []uint16{port}}) {
		if slices.Contains(s.PIDs, os.Getpid()) {
			t.Errorf("a UDP socket is found as %+v", s)
		}
	}
}

// A connection has the listener's port at one end and its own at the other:
// neither end listens.
func TestConnectionsAreNoListeners(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	own := netip.MustParseAddrPort(client.LocalAddr().String())
	port := netip.MustParseAddrPort(ln.Addr().String()).Port()
	if s := one(t, TCP, port); !s.Listens() {
		t.Errorf("not the listener: %+v", s)
	}
	// Somebody else may have a socket with the same port, of another address or to
	// another one.
	ours := func(s Socket) bool { return s.Local == own && (s.Listens() || s.Remote.Port() == port) }
	if all := find(t, Query{TCP: true, Ports: []uint16{own.Port()}}); slices.ContainsFunc(all, ours) {
		t.Errorf("a client counts as a listener: %+v", all)
	}
	all := find(t, Query{TCP: true, Connected: true, Ports: []uint16{own.Port()}})
	if n := len(slices.DeleteFunc(slices.Clone(all), func(s Socket) bool { return !ours(s) })); n != 1 {
		t.Errorf("%+v, want the client %v once", all, own)
	}
}

func TestClosedIsGone(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := netip.MustParseAddrPort(ln.Addr().String()).Port()
	ln.Close()
	if all := find(t, Query{TCP: true, Ports: []uint16{port}}); len(all) != 0 {
		t.Errorf("a closed listener is found: %+v", all)
	}
}

func TestAddRowJoinsHolders(t *testing.T) {
	var f Found
	s := Socket{Proto: TCP, Local: netip.MustParseAddrPort("0.0.0.0:80")}
	for _, pid := range []int{9, 3, 9, 0} {
		f.addRow(s, pid)
	}
	if len(f.Sockets) != 1 || !slices.Equal(f.Sockets[0].PIDs, []int{3, 9}) {
		t.Errorf("%+v", f.Sockets)
	}
}

func BenchmarkFindFreePort(b *testing.B) {
	for b.Loop() {
		find(b, Query{TCP: true, Ports: []uint16{1}})
	}
}

func BenchmarkFindHolders(b *testing.B) {
	port := listen(b, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	for b.Loop() {
		find(b, Query{TCP: true, Ports: []uint16{port}})
	}
}
