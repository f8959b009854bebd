package cluster

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"forever/internal/need"
	"forever/internal/wire"
)

// checked starts two instances of a server that is not well after SIGUSR2, on a
// host's address and checked at another, with so many retries, and returns the
// address and the instances' processes.
func (w *world) checked(bound, asked, retries string) (address string, pids []int) {
	w.t.Helper()
	need.Command(w.t, "node")
	port := freePort(w.t)
	address = net.JoinHostPort(bound, port)
	where := port
	if asked != "" {
		where = "//" + net.JoinHostPort(asked, port)
	}
	check := "http:" + where + "/healthz,interval=50ms,timeout=1m,retries=" + retries
	w.cluster(2, []string{"--wait-ready", "--health", check}, testdata(w.t, "health.js"), bound, port)
	w.everyInstanceAnswers(2, address)
	w.healthy(wire.HealthGood, wire.HealthGood)
	return address, w.pids()
}

// healthy waits until the instances are as the checks should find them.
func (w *world) healthy(want ...string) {
	w.t.Helper()
	w.until("health as "+strings.Join(want, " and "), func() bool {
		for i, in := range w.web().Instances {
			if in.Health == nil || in.Health.Status != want[i] {
				return false
			}
		}
		return true
	})
}

// turn makes a server sick, or well again.
func (w *world) turn(pid int) {
	w.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
		w.t.Fatal(err)
	}
}

// All instances have one port, and each is asked itself. The one that is not
// well gets no new connections until it is.
func TestUnhealthyInstanceGetsNothing(t *testing.T) {
	for _, test := range []struct{ bound, asked string }{
		{"127.0.0.1", ""}, {"127.0.0.2", "127.0.0.2"}, {"::1", ""}, {"::", "localhost"}, // IPv6 alone
	} {
		t.Run(test.bound, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			address, pids := w.checked(test.bound, test.asked, "1000000")
			for i, want := range [][]string{{wire.HealthBad, wire.HealthGood}, {wire.HealthGood, wire.HealthBad}} {
				w.turn(pids[i])
				w.healthy(want...)
				for range 40 {
					pid, err := ask(address)
					if err != nil || pid == pids[i] {
						t.Fatalf("process %d answers (%v), and %d is not well", pid, err, pids[i])
					}
				}
				w.turn(pids[i])
				w.healthy(wire.HealthGood, wire.HealthGood)
				w.everyInstanceAnswers(2, address)
			}
			// With nobody well somebody answers all the same.
			w.turn(pids[0])
			w.turn(pids[1])
			w.healthy(wire.HealthBad, wire.HealthBad)
			w.everyInstanceAnswers(2, address)
			if n := w.web().Restarts; n != 0 {
				t.Errorf("there were %d restarts", n)
			}
		})
	}
}

// Whether it is ready is asked of each instance itself, when the others are ready and
// would answer for it, and in a reload when the old one would.
func TestReadyIsAskedOfEachInstance(t *testing.T) {
	w := newWorld(t)
	need.Command(t, "node")
	port := freePort(t)
	address := net.JoinHostPort("127.0.0.1", port)
	w.cluster(2, []string{"--ready", "http:" + port + "/healthz"}, testdata(t, "health.js"), "127.0.0.1", port, w.file("sick", ""))
	pids := w.pids()
	for i, pid := range pids {
		w.saysSick(pid)
		if in := w.web().Instances[i]; in.Status != wire.Starting {
			t.Errorf("%d is %s, and is not well", pid, in.Status)
		}
		w.turn(pid)
		w.until("its readiness", func() bool { return w.web().Instances[i].Status == wire.Online })
	}
	w.everyInstanceAnswers(2, address)

	reload := make(chan answer, 1)
	go func() {
		a, err := w.try("reload", "web")
		if err != nil {
			a.code, a.err = -1, err.Error()
		}
		reload <- a
	}()
	for i, old := range pids {
		successor := w.saysSick(pids...)
		if got := w.pids()[i]; got != old {
			t.Errorf("process %d was replaced by %d, which is not well", old, got)
		}
		pids = append(pids, successor)
		w.turn(successor)
	}
	if a := <-reload; a.code != 0 || !slices.Equal(w.pids(), pids[2:]) {
		t.Errorf("%v; now they are %v of %v", a, w.pids(), pids)
	}
}

// saysSick waits until a process has said that it was asked and is not well: the given
// one, or, of several, another than those.
func (w *world) saysSick(pids ...int) (pid int) {
	w.t.Helper()
	w.until("a process that is asked", func() bool {
		for _, line := range strings.Split(w.must("logs", "--nostream", "--raw", "-n", "all", "web").out, "\n") {
			text, ok := strings.CutPrefix(line, "sick ")
			n, err := strconv.Atoi(text)
			if ok && err == nil && slices.Contains(pids, n) == (len(pids) == 1) {
				pid = n
				return true
			}
		}
		return false
	})
	return pid
}

// One that stays unwell is replaced, and nobody is refused; also when the
// supervisor is killed meanwhile.
func TestUnhealthyInstanceIsReplaced(t *testing.T) {
	w := newWorld(t)
	address, pids := w.checked("127.0.0.1", "", "3")
	l := newLoad(t, address, 2, false)
	l.answered(50)
	w.turn(pids[1])
	w.kill(w.ping().SupervisorPID)
	w.replaced(pids[1:])
	w.everyInstanceAnswers(2, address)
	w.healthy(wire.HealthGood, wire.HealthGood)
	if c := l.end(); c.refused > 0 {
		t.Errorf("%d of %d requests were refused", c.refused, c.answered)
	}
	app := w.web()
	if in := app.Instances[0]; in.PID != pids[0] || in.Restarts != 0 {
		t.Errorf("the other one was replaced, too: %+v", in)
	}
	x := app.Instances[1].LastExit
	if app.Restarts != 1 || x == nil || !strings.Contains(x.Reason, "/healthz: answered 503 (3 times)") {
		t.Errorf("%d restarts; the last exit is %+v", app.Restarts, x)
	}
}
