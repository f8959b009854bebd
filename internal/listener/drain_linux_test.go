package listener

import (
	"errors"
	"net"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A connection counts for the process that has it, from its accept to its end.
func TestConnections(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := uint16(ln.Addr().(*net.TCPAddr).Port)
	me := []int{os.Getpid()}
	check := func(want int) {
		t.Helper()
		// Its own end of a connection has another local port.
		if n, err := Connections(me, []uint16{port}); err != nil || n != want {
			t.Errorf("%d connections, want %d (%v)", n, want, err)
		}
	}
	check(0)
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	check(0) // it waits, and is nobody's yet
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	check(1)
	if n, err := Connections(me, []uint16{port ^ 1}); err != nil || n != 0 {
		t.Errorf("%d connections to another port (%v)", n, err)
	}
	if n, err := Connections([]int{1 << 30}, []uint16{port}); err != nil || n != 0 {
		t.Errorf("%d connections of nobody (%v)", n, err)
	}
	server.Close()
	check(0)
}

func TestHolders(t *testing.T) {
	fd := open(t, hostPort("127.0.0.1", freePort(t)), nil)
	if got := Holders([]int{1 << 30, os.Getpid()}, fd); !slices.Equal(got, []int{os.Getpid()}) {
		t.Errorf("holders are %v", got)
	}
	p := start(t, "bind")
	if got := Holders([]int{p.pid}, fd); len(got) != 0 {
		t.Errorf("a program that does not have it is a holder: %v", got)
	}
}

// The kernel's table is read as proc_pid_net(5) has it.
func TestParseConnection(t *testing.T) {
	const row = "   1: 0100007F:1F90 0100007F:D2F0 03 00000000:00000000 01:00000064 00000000     0        0 0 1 0000000000000000"
	c, port, ok := parseConnection(row)
	want := connection{"0100007F:1F90", "0100007F:D2F0", synReceived, "0"}
	if !ok || port != 8080 || c != want {
		t.Errorf("got %+v, port %d, %v", c, port, ok)
	}
	for _, row := range []string{"", "  sl  local_address rem_address   st tx_queue rx_queue", "1: x 0 01 0 0 0 0 0 0"} {
		if _, _, ok := parseConnection(row); ok {
			t.Errorf("%q is read as a connection", row)
		}
	}
}

func TestNoHandshakeIsHalfDone(t *testing.T) {
	if half, err := HalfOpen([]uint16{freePort(t)}); err != nil || len(half) != 0 {
		t.Errorf("got %v, %v", half, err)
	}
}

// An address counts as taken where the kernel would refuse a program of its own,
// though our groups could share it.
func TestTaken(t *testing.T) {
	port := freePort(t)
	if err := Taken(hostPort("127.0.0.1", port), nil); err != nil {
		t.Fatalf("a free port: %v", err)
	}
	open(t, hostPort("127.0.0.1", port), nil)
	for _, host := range []string{"127.0.0.1", "0.0.0.0"} {
		if err := Taken(hostPort(host, port), nil); !errors.Is(err, unix.EADDRINUSE) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := Taken(hostPort("127.0.0.2", port), nil); err != nil {
		t.Errorf("another address: %v", err)
	}
	if err := Taken(hostPort("192.0.2.77", port), nil); !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Errorf("an address of another machine: %v", err)
	}
}
