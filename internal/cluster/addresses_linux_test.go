package cluster

import (
	"encoding/json"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"forever/internal/wire"
)

// Each form of an address is shared as it is, and no other one with it.
func TestAddresses(t *testing.T) {
	const v4, v6, other = "127.0.0.1", "::1", "127.0.0.2"
	tests := map[string]struct {
		listen    string
		serve, no []string
	}{
		"IPv4":            {"tcp4/:PORT", []string{v4, other}, []string{v6}},
		"IPv6 only":       {"tcp6/:PORT", []string{v6}, []string{v4}},
		"dual stack":      {"tcp/:PORT", []string{v4, v6}, nil},
		"a given address": {"tcp4/127.0.0.2:PORT", []string{other}, []string{v4, v6}},
		"given, IPv6":     {"tcp6/[::1]:PORT", []string{v6}, []string{v4}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			port := freePort(t)
			w.cluster(2, nil, goServer, strings.ReplaceAll(test.listen, "PORT", port))
			for _, host := range test.serve {
				w.everyInstanceAnswers(2, net.JoinHostPort(host, port))
			}
			for _, host := range test.no {
				if pid, err := ask(net.JoinHostPort(host, port)); err == nil {
					t.Errorf("%d answers at %s", pid, host)
				}
			}
		})
	}
}

// A program may have several ports; one that asks for any port has its own, and
// so has one for UDP.
func TestSeveralPorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := freePort(t), freePort(t)
	w.cluster(2, nil, goServer, "tcp4/127.0.0.1:"+first, "udp4/127.0.0.1:0", "tcp/:"+second, "tcp4/127.0.0.1:0")
	w.everyInstanceAnswers(2, "127.0.0.1:"+first)
	w.everyInstanceAnswers(2, "[::1]:"+second)
	var own []string
	var apps []wire.App // with the ports, which the command looks up
	if err := json.Unmarshal([]byte(w.must("list", "--json").out), &apps); err != nil {
		t.Fatal(err)
	}
	for _, in := range apps[0].Instances {
		for _, p := range in.Ports {
			if port := strconv.Itoa(p); port != first && port != second {
				own = append(own, port)
			}
		}
	}
	if len(own) != 2 || own[0] == own[1] {
		t.Errorf("ports of their own: %v", own)
	}
}

// UDP is left alone: the second instance is refused the port, as without forever.
func TestUDPIsNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	a := w.run("start", "--name", "web", "-i", "2", goServer, "udp4/"+conn.LocalAddr().String())
	if a.code != 1 || !strings.Contains(a.err, "address already in use") {
		t.Errorf("a UDP port that is taken: %v", a)
	}
}

// Two apps do not share a port by chance, as two programs would not.
func TestAnotherAppIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	port := freePort(t)
	w.cluster(2, nil, goServer, "tcp4/127.0.0.1:"+port)
	w.everyInstanceAnswers(2, "127.0.0.1:"+port)
	pids := w.pids()
	a := w.run("start", "--name", "other", "-i", "2", goServer, "tcp4/127.0.0.1:"+port)
	if a.code != 1 || !strings.Contains(a.err, "address already in use") {
		t.Errorf("another app on the same port: %v", a)
	}
	for range 50 {
		if pid, err := ask("127.0.0.1:" + port); err != nil || !slices.Contains(pids, pid) {
			t.Fatalf("%d answers, of %v (%v)", pid, pids, err)
		}
	}
}
