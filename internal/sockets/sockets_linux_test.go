package sockets

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"forever/internal/need"
	"golang.org/x/sys/unix"
)

// childEnv makes the test binary play a child: it holds what it inherited until
// its stdin ends. With "listen" it opens a listener and prints its port before.
const childEnv = "FOREVER_SOCKETS_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "listen":
		ln, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			os.Exit(1)
		}
		defer ln.Close()
		os.Stdout.WriteString(ln.Addr().String())
	}
	os.Stdout.WriteString("\n")
	io.Copy(io.Discard, os.Stdin)
}

// child starts the test binary as a child and returns its PID and the line that it said.
func child(t *testing.T, role string, attr *syscall.SysProcAttr, files ...*os.File) (int, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.ExtraFiles = files
	cmd.SysProcAttr = attr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("SKIPPED: cannot start the child: %v", err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the child says nothing: %v", err)
	}
	return cmd.Process.Pid, strings.TrimSpace(line)
}

func TestV6Only(t *testing.T) {
	if s := one(t, TCP, listen(t, net.ListenConfig{}, "tcp6", "[::]:0")); !s.V6Only {
		t.Errorf("%+v is not marked as IPv6 only", s)
	}
	if s := one(t, TCP, listen(t, net.ListenConfig{}, "tcp", ":0")); s.V6Only {
		t.Errorf("%+v takes both, and is marked as IPv6 only", s)
	}
}

func TestInheritedListener(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := []int{os.Getpid()}
	for range 3 {
		pid, _ := child(t, "hold", nil, f)
		want = append(want, pid)
	}
	slices.Sort(want)
	port := netip.MustParseAddrPort(ln.Addr().String()).Port()
	all := find(t, Query{TCP: true, Ports: []uint16{port}})
	if len(all) != 1 || !slices.Equal(all[0].PIDs, want) {
		t.Errorf("%+v, want one socket of %v", all, want)
	}
}

func TestReusePort(t *testing.T) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		}), err)
	}}
	port := listen(t, lc, "tcp4", "127.0.0.1:0")
	for range 2 {
		listen(t, lc, "tcp4", "127.0.0.1:"+strconv.Itoa(int(port)))
	}
	all := find(t, Query{TCP: true, Ports: []uint16{port}})
	if len(all) != 3 {
		t.Fatalf("%d sockets, want the 3 of the group: %+v", len(all), all)
	}
	for _, s := range all {
		if !slices.Equal(s.PIDs, []int{os.Getpid()}) {
			t.Errorf("%+v is not ours", s)
		}
	}
}

// The text files are the fallback: both ways must tell the same.
func TestProcNetTellsTheSame(t *testing.T) {
	ports := []uint16{
		listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0"), listen(t, net.ListenConfig{}, "tcp", ":0"),
		bind(t, "udp4", "127.0.0.1:0"), bind(t, "udp", ":0"),
	}
	q := Query{TCP: true, UDP: true, Ports: ports}
	for _, proto := range q.protocols() {
		var a, b Found
		if err := diag(proto, true, a.keep(&q)); err != nil {
			t.Fatal(err)
		}
		if err := procNet("/proc/net/", proto, b.keep(&q)); err != nil {
			t.Fatal(err)
		}
		for _, list := range [][]Socket{a.Sockets, b.Sockets} {
			slices.SortFunc(list, func(x, y Socket) int { return cmp.Compare(x.Inode, y.Inode) })
		}
		if !slices.EqualFunc(a.Sockets, b.Sockets, same) || len(a.Sockets) < 2 {
			t.Errorf("%s: sock_diag says\n%+v\n/proc/net says\n%+v", proto, a.Sockets, b.Sockets)
		}
	}
}

func same(a, b Socket) bool {
	return a.Proto == b.Proto && a.Local == b.Local && a.Remote == b.Remote && a.UID == b.UID && a.Inode == b.Inode
}

func TestHidden(t *testing.T) {
	need.NonRoot(t)
	listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	f, err := Find(Query{TCP: true, PIDs: []int{1, os.Getpid()}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Hidden != 1 {
		t.Errorf("%d hidden processes, want 1: the first of all", f.Hidden)
	}
}

func TestGoneProcessIsLeftOut(t *testing.T) {
	port := listen(t, net.ListenConfig{}, "tcp4", "127.0.0.1:0")
	f, err := Find(Query{TCP: true, Ports: []uint16{port}, PIDs: []int{0x7ffffff0}})
	if err != nil || f.Hidden != 0 || len(f.Sockets) != 1 || f.Sockets[0].PIDs != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestOtherNamespace(t *testing.T) {
	need.Root(t)
	pid, addr := child(t, "listen", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: unix.SIGKILL})
	if addr == "" {
		t.Skip("SKIPPED: the loopback of a new namespace is down")
	}
	port := netip.MustParseAddrPort(addr).Port()
	q := Query{TCP: true, Ports: []uint16{port}}
	if all := find(t, q); slices.ContainsFunc(all, func(s Socket) bool { return slices.Contains(s.PIDs, pid) }) {
		t.Errorf("another namespace's port is taken here: %+v", all)
	}
	all, err := Elsewhere(q)
	if err != nil || len(all) != 1 || !slices.Equal(all[0].PIDs, []int{pid}) {
		t.Errorf("%+v, %v, want one of %d", all, err, pid)
	}
	q.PIDs = []int{pid}
	all = find(t, q)
	if len(all) != 1 || !slices.Equal(all[0].PIDs, []int{pid}) {
		t.Errorf("asked for that process: %+v", all)
	}
}

func TestCount(t *testing.T) {
	text := []byte("sockets: used 162\nTCP: inuse 1 orphan 0 tw 359 alloc 5 mem 50\nUDP: inuse 7 mem 0\n")
	for _, c := range []struct {
		proto, name string
		want        uint64
		ok          bool
	}{{"TCP:", "inuse", 1, true}, {"TCP:", "alloc", 5, true}, {"UDP:", "inuse", 7, true}, {"UDP:", "alloc", 0, false}, {"TCP6:", "inuse", 0, false}} {
		if n, ok := count(text, c.proto, c.name); n != c.want || ok != c.ok {
			t.Errorf("%s %s: %d, %v", c.proto, c.name, n, ok)
		}
	}
}

func FuzzMessages(f *testing.F) {
	var q Query
	f.Add(requests(TCP, false)[0], q.TCP)
	f.Add([]byte{20, 0, 0, 0, unix.NLMSG_DONE, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, true)
	f.Add(append([]byte{200, 0, 0, 0, unix.SOCK_DIAG_BY_FAMILY, 0}, make([]byte, 194)...), true)
	f.Fuzz(func(t *testing.T, b []byte, tcp bool) {
		proto := UDP
		if tcp {
			proto = TCP
		}
		messages(b, proto, func(Socket) {})
	})
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1076 1"), true)
	f.Add([]byte("0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7"), false)
	f.Fuzz(func(t *testing.T, row []byte, tcp bool) {
		proto := UDP
		if tcp {
			proto = TCP
		}
		if s, ok := parseRow(bytes.Fields(row), proto); ok && !s.Local.IsValid() {
			t.Errorf("%q: no address", row)
		}
	})
}

func TestParseRow(t *testing.T) {
	row := "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1076 1"
	s, ok := parseRow(bytes.Fields([]byte(row)), TCP)
	want := Socket{Proto: TCP, Local: netip.MustParseAddrPort("127.0.0.1:8080"), UID: 1000, Inode: 1076}
	if !ok || !same(s, want) {
		t.Errorf("%+v, want %+v", s, want)
	}
}
