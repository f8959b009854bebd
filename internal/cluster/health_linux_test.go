package cluster

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"forever/internal/need"
	"forever/internal/wire"
)

// checked starts two instances of a server that is not well after SIGUSR2, with
// so many retries, and returns the address and the instances' processes.
func (w *world) checked(retries string) (address string, pids []int) {
	w.t.Helper()
	need.Command(w.t, "node")
	port := freePort(w.t)
	address = net.JoinHostPort("127.0.0.1", port)
	check := "http:" + port + "/healthz,interval=50ms,timeout=1m,retries=" + retries
	w.cluster(2, []string{"--wait-ready", "--health", check}, testdata(w.t, "health.js"), "127.0.0.1", port)
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
	w := newWorld(t)
	address, pids := w.checked("1000000")
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
}

// One that stays unwell is replaced, and nobody is refused; also when the
// supervisor is killed meanwhile.
func TestUnhealthyInstanceIsReplaced(t *testing.T) {
	w := newWorld(t)
	address, pids := w.checked("3")
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
