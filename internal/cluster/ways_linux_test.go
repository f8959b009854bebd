package cluster

import (
	"net"
	"strings"
	"testing"

	"forever/internal/need"
)

// sharing is what describe says of the ways of all instances, which are to be one.
func (w *world) sharing() string {
	w.t.Helper()
	instances := w.web().Instances
	for _, in := range instances[1:] {
		if in.Sharing != instances[0].Sharing {
			w.t.Errorf("instance %d: %s; instance 0: %s", in.Index, in.Sharing, instances[0].Sharing)
		}
	}
	return instances[0].Sharing
}

// lentServers are servers that share a port in another way than by seccomp.
func lentServers(w *world, port string) map[string][]string {
	return map[string][]string{
		"LISTEN_FDS": {"--env", "FOREVER_CLUSTER=listen_fds:127.0.0.1:" + port, testdata(w.t, "activated.py")},
		"Node":       {"--env", "FOREVER_CLUSTER=node", "--env", "PORT=" + port, testdata(w.t, "server.js"), "", port},
	}
}

// What is given its sockets shares, is steered and reloaded, and survives forever's
// own processes as what is reported does.
func TestOtherWays(t *testing.T) {
	need.Command(t, "python3")
	need.Command(t, "node")
	for name, says := range map[string]string{"LISTEN_FDS": "LISTEN_FDS: it is given sockets of 127.0.0.1:", "Node": "a script that is preloaded into Node, and sockets of [::]:"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			port := freePort(t)
			address := net.JoinHostPort("127.0.0.1", port)
			w.must(append([]string{"start", "--name", "web", "-i", "2", "--min-uptime", "100"}, lentServers(w, port)[name]...)...)
			w.everyInstanceAnswers(2, address)
			if got := w.sharing(); !strings.HasPrefix(got, says) {
				t.Errorf("describe says: %s", got)
			}
			l := newLoad(t, address, 2, false)
			pids := w.pids()
			w.kill(pids[0])
			w.replaced(pids[:1])
			w.kill(w.ping().SupervisorPID)
			w.everyInstanceAnswers(2, address)
			if c := l.end(); c.refused > 0 {
				t.Errorf("%d requests were refused", c.refused)
			}
			w.steersAndReloads(2, address)
			w.must("start", "web")
			w.everyInstanceAnswers(2, address)
		})
	}
}

// Where filters are refused a program of Node shares by itself; another one is
// started all the same, and describe says what could be done.
func TestWithoutFilters(t *testing.T) {
	need.Command(t, "node")
	w := newWorld(t)
	w.jail = []string{jailRole, noFilters}
	port := freePort(t)
	address := net.JoinHostPort("127.0.0.1", port)
	w.cluster(2, []string{"--env", "PORT=" + port}, testdata(t, "server.js"), "", port)
	w.everyInstanceAnswers(2, address)
	if got := w.sharing(); !strings.HasPrefix(got, "a script") || !strings.Contains(got, "install a seccomp filter: operation not permitted") {
		t.Errorf("describe says: %s", got)
	}
	w.must("delete", "web")
	isFree(t, address)
	w.cluster(2, nil, goServer, "tcp4/127.0.0.1:0")
	if got := w.sharing(); !strings.HasPrefix(got, "not shared: install a seccomp filter: operation not permitted") || !strings.Contains(got, "FOREVER_CLUSTER=listen_fds") {
		t.Errorf("describe says: %s", got)
	}
}
