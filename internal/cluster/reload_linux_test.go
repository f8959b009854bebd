package cluster

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"forever/internal/need"
	"forever/internal/wire"
)

// A reload replaces every process, and no client notices: neither those that
// connect for each request nor those that keep their connection until the server
// says that it closes it.
func TestReload(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	short, long := newLoad(t, address, 2, false), newLoad(t, address, 2, true)
	for i := range 5 {
		pids := w.pids()
		a := w.must("reload", "--parallel", fmt.Sprint(1+i%2), "web")
		if !strings.Contains(a.out+a.err, "reloaded") || strings.Contains(a.out+a.err, "restarted") {
			t.Errorf("a reload says: %v", a)
		}
		if now := w.pids(); slices.ContainsFunc(now, func(pid int) bool { return pid == 0 || slices.Contains(pids, pid) }) {
			t.Errorf("reload %d: the processes were %v and are %v", i, pids, now)
		}
		short.answered(50)
		long.answered(50)
	}
	short.whole()
	long.whole()
	w.everyInstanceAnswers(2, address)
}

// A single instance is reloaded as well, and so is a program in another language.
func TestReloadNode(t *testing.T) {
	need.Command(t, "node")
	w := newWorld(t)
	address := net.JoinHostPort("127.0.0.1", freePort(t))
	w.cluster(1, nil, testdata(t, "server.js"), "127.0.0.1", address[len("127.0.0.1:"):])
	w.everyInstanceAnswers(1, address)
	l := newLoad(t, address, 2, false)
	for range 2 {
		w.must("reload", "web")
	}
	l.whole()
}

// A version that does not come up takes nothing down, and the reload says why.
func TestReloadOfABrokenVersion(t *testing.T) {
	w := newWorld(t)
	address := net.JoinHostPort("127.0.0.1", freePort(t))
	good := fmt.Sprintf("#!/bin/sh\nexec %s tcp4/%s\n", goServer, address)
	script := w.file("web.sh", good)
	w.cluster(2, nil, script)
	w.everyInstanceAnswers(2, address)
	pids := w.pids()
	l := newLoad(t, address, 2, false)

	w.file("web.sh", "#!/bin/sh\necho 'cannot read the configuration' >&2\nexit 1\n")
	a := w.run("reload", "web")
	if a.code != 1 {
		t.Errorf("the reload of a broken version: %v", a)
	}
	for _, text := range []string{"the old one stays in service", "exit code 1", "cannot read the configuration"} {
		if !strings.Contains(a.err, text) {
			t.Errorf("the reload does not say %q: %v", text, a)
		}
	}
	if now := w.pids(); !slices.Equal(now, pids) {
		t.Errorf("the processes were %v and are %v", pids, now)
	}
	l.answered(50)

	w.file("web.sh", good)
	w.must("reload", "web")
	w.everyInstanceAnswers(2, address)
	l.whole()
}

// A version that does not listen in time takes nothing down either; also where
// readiness is asked for at the port, at which the old one answers.
func TestReloadThatIsNotReadyInTime(t *testing.T) {
	for name, ready := range map[string]string{"listening": "", "a port": "tcp:", "a page": "http://"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			address := net.JoinHostPort("127.0.0.1", freePort(t))
			good := fmt.Sprintf("#!/bin/sh\nexec %s tcp4/%s\n", goServer, address)
			script := w.file("web.sh", good)
			options := []string{"--listen-timeout", "5s"}
			if ready != "" {
				options = append(options, "--ready", ready+address)
			}
			w.cluster(1, options, script)
			w.everyInstanceAnswers(1, address)
			w.until("its readiness", func() bool { return w.web().Status == "online" })
			pids := w.pids()
			w.file("web.sh", "#!/bin/sh\nexec sleep 1000\n")
			for range 2 { // what the first leaves is not in the way of the second
				a := w.run("reload", "web")
				if a.code != 1 || !strings.Contains(a.err, "not ready after 5s") {
					t.Errorf("the reload: %v", a)
				}
			}
			if now := w.pids(); !slices.Equal(now, pids) {
				t.Errorf("the processes were %v and are %v", pids, now)
			}
			w.file("web.sh", good)
			w.must("reload", "web")
			w.everyInstanceAnswers(1, address)
			if now := w.pids(); slices.Equal(now, pids) {
				t.Errorf("the processes are %v still", pids)
			}
		})
	}
}

// A supervisor, or the shim, that is killed in the middle of a reload: it is
// finished all the same, and no client notices.
func TestKilledDuringReload(t *testing.T) {
	w := newWorld(t)
	address := w.serve(3)
	l := newLoad(t, address, 2, false)
	victims := []func(wire.Ping) int{
		func(p wire.Ping) int { return p.SupervisorPID },
		func(p wire.Ping) int { return p.ShimPID },
		func(p wire.Ping) int { return p.SupervisorPID },
	}
	for i, victim := range victims {
		p, pids := w.ping(), w.pids()
		done := make(chan answer, 1)
		failed := make(chan error, 1)
		go func() {
			a, err := w.try("reload", "web")
			failed <- err
			done <- a
		}()
		// Instance i has been replaced: the reload is in the middle of it.
		w.until("a new process", func() bool { return w.pids()[i%2] != pids[i%2] })
		w.kill(victim(p))
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		if a := <-done; a.code != 0 {
			t.Errorf("the reload: %v", a)
		}
		if now := w.pids(); slices.ContainsFunc(now, func(pid int) bool { return pid == 0 || slices.Contains(pids, pid) }) {
			t.Errorf("the processes were %v and are %v", pids, now)
		}
		w.onlyInstances()
	}
	l.whole()
}

// onlyInstances waits until no server runs that is not an instance's process.
func (w *world) onlyInstances() {
	w.t.Helper()
	w.until("the end of all others", func() bool {
		pids := w.pids()
		for _, e := range w.all() {
			exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", e.PID))
			if exe == goServer && !slices.Contains(pids, e.PID) {
				return false
			}
		}
		return true
	})
}

// What was not started with -i has no socket that could be shared: it is
// restarted, and told so.
func TestReloadFallsBackToRestart(t *testing.T) {
	w := newWorld(t)
	address := net.JoinHostPort("127.0.0.1", freePort(t))
	w.must("start", "--name", "web", goServer, "tcp4/"+address)
	pids := w.pids()
	a := w.must("reload", "web")
	if !strings.Contains(a.out+a.err, "restarted, not reloaded") || !strings.Contains(a.out+a.err, "-i") {
		t.Errorf("the reload says: %v", a)
	}
	if now := w.pids(); now[0] == pids[0] {
		t.Errorf("process %d is still there", pids[0])
	}
}
