package supervisor

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

func TestScaleUp(t *testing.T) {
	c := runningCluster(t, 2)
	s := c.scale("+2")
	c.started("u:2")
	c.started("u:3")
	c.bind("u:3", c.addr)
	c.wantPlaces(0, 2, 6)
	c.bind("u:2", c.addr)
	c.wantPlaces(0, 2, 4, 6)
	if e := s.ok(); e.Did != didScaled {
		t.Errorf("result %+v", e)
	}
	if n := c.disk().Apps[0].Instances; len(n) != 4 {
		t.Errorf("%d instances are on disk", len(n))
	}
}

// Those that go get nothing new before they are asked to end, and what is said
// is on disk.
func TestScaleDown(t *testing.T) {
	c := runningCluster(t, 3)
	s := c.scale("1")
	c.wantPlaces(0)
	c.ends15("u:1", "u:2")
	s.ok()
	c.wantSlots("u:0")
	if n := c.disk().Apps[0].Instances; len(n) != 1 {
		t.Errorf("%d instances are on disk", len(n))
	}
	c.scale("3")
	c.started("u:1")
	c.started("u:2")
	c.bind("u:2", c.addr)
	c.wantPlaces(0, 4)
}

// One that is on its way out stays when it is wanted again, whether it has been
// asked to end or not.
func TestScaleDownAndUpAgain(t *testing.T) {
	c := runningCluster(t, 2)
	c.scale("1")
	again := c.scale("2") // most likely before it is asked
	again.ok()
	c.scale("1")
	c.awaitCall(wire.OpSignal)
	again = c.scale("2")
	c.exits("u:1", signaled(syscall.SIGTERM), true)
	c.started("u:1")
	again.ok()
	c.wantSlots("u:0", "u:1")
	c.bind("u:1", c.addr)
	c.wantPlaces(0, 2)
}

// A start that waits for the disk hears of the instances that go before they
// have been started.
func TestScaleDownBeforeTheStartIsWritten(t *testing.T) {
	w := runningWorld(t)
	release := w.holdSave()
	start := w.start(clusterSpec(3))
	w.until("the app", func() bool { return w.s.byName("web") != nil })
	scale := w.act(ActScale, wire.TargetRequest{Targets: []string{"web"}, Instances: "-1"})
	w.until("fewer instances", func() bool { return len(w.s.byName("web").instances) == 2 })
	release()
	scale.ok()
	start.fails(wire.CodeDied)
	if n := w.spawns(); n != 2 {
		t.Errorf("%d programs were started", n)
	}
}

// An app of which the last instance is stopped is one that was stopped.
func TestStopOfTheLastInstance(t *testing.T) {
	c := runningCluster(t, 2)
	for i, want := range []string{wire.DesiredRunning, wire.DesiredStopped} {
		slot := fmt.Sprintf("u:%d", i)
		stop := c.target(ActStop, fmt.Sprintf("web:%d", i))
		c.ends15(slot)
		stop.ok()
		c.written()
		if got := c.disk().Apps[0].Desired; got != want {
			t.Errorf("with %s stopped it is wanted %s", slot, got)
		}
	}
	c.target(ActStart, "web:1").ok()
	c.written()
	if got := c.disk().Apps[0].Desired; got != wire.DesiredRunning {
		t.Errorf("with one started it is wanted %s", got)
	}
}

// What is stopped stays so with fewer instances, and runs with more.
func TestScaleOfAStoppedApp(t *testing.T) {
	c := runningCluster(t, 3)
	stop := c.target(ActStop, "web")
	c.ends15("u:0", "u:1", "u:2")
	stop.ok()
	for _, tt := range []struct{ to, want string }{{"2", wire.DesiredStopped}, {"3", wire.DesiredRunning}} {
		c.scale(tt.to).ok()
		c.written()
		if got := c.disk().Apps[0].Desired; got != tt.want {
			t.Errorf("scaled to %s it is wanted %s", tt.to, got)
		}
	}
	c.wantSlots("u:2")
}

func TestScaleThatCannotBe(t *testing.T) {
	c := runningCluster(t, 2)
	for to, why := range map[string]string{"0": "0 is not a number", "-2": "0 is not a number", "-5": "-3 is not a number", "4097": "4097 is not", "many": "is not a number"} {
		if err := c.scale(to).fails(wire.CodeUsage); !strings.Contains(err.Message, why) {
			t.Errorf("scale to %s: %q", to, err.Message)
		}
	}
	if e := c.scale("2").ok(); e.Message != "has 2 instances already" {
		t.Errorf("to the same: %+v", e)
	}
	c.wantSignals()
	c.do(func() { c.s.byName("web").spec.Cluster = false })
	if err := c.scale("3").fails(wire.CodeUsage); !strings.Contains(err.Message, "-i") || !strings.Contains(err.Hint, "-i 3") {
		t.Errorf("without -i: %+v", err)
	}
}

// The same request, to the next supervisor, changes nothing a second time and goes
// on with what was begun.
func TestScaleGoesOnUnderTheNext(t *testing.T) {
	c := runningCluster(t, 3)
	down := wire.TargetRequest{Request: wire.Request{ID: "r1"}, Targets: []string{"web"}, Instances: "-1"}
	c.act(ActScale, down)
	c.awaitCall(wire.OpSignal)
	c.written()

	n := c.next()
	s := n.act(ActScale, down)
	n.ends15("u:2")
	s.ok()
	n.wantSlots("u:0", "u:1")

	up := wire.TargetRequest{Request: wire.Request{ID: "r2"}, Targets: []string{"web"}, Instances: "+1"}
	n.act(ActScale, up).ok()
	n.wantSlots("u:0", "u:1", "u:2")
	n.written()
	m := n.next()
	m.act(ActScale, up).ok()
	m.wantSlots("u:0", "u:1", "u:2")
}

// A supervisor that finds the sockets of the one before goes on with the same ones.
func TestSocketsAreTakenOver(t *testing.T) {
	c := runningCluster(t, 2)
	c.written()
	names := c.HeldNames()
	n := c.next()
	n.do(func() {
		a := n.s.byName("web")
		if len(a.groups) != 1 || len(a.groups[0].fds) != 4 || a.groups[0].AddrPort != n.addr {
			t.Errorf("the groups are %+v", a.groups)
		}
	})
	if got := n.HeldNames(); strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("held were %v and are %v", names, got)
	}
	done := n.target(ActStop, "web")
	n.ends15("u:0", "u:1")
	done.ok()
	if got := n.HeldNames(); len(got) != 1 || got[0] != pendingName {
		t.Errorf("at rest %v are held", got)
	}
}

// Sockets of an app that nobody knows are let go.
func TestSocketsOfNobody(t *testing.T) {
	c := runningCluster(t, 1)
	c.written()
	n := c.next()
	n.do(func() {
		n.s.apps = nil
		n.s.adoptGroups(nil)
	})
	if got := n.HeldNames(); len(got) != 1 || got[0] != pendingName {
		t.Errorf("%v are held", got)
	}
}

// A process that binds what somebody else has is told so.
func TestBindOfAPortThatIsTaken(t *testing.T) {
	c := newCluster(t)
	ln, err := net.Listen("tcp", c.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c.s.Adopt(&pidfile.State{}, nil, nil)
	c.run()
	c.start(clusterSpec(2)).ok()
	if errno := c.bind("u:0", c.addr); errno != syscall.EADDRINUSE {
		t.Errorf("the program gets %v", errno)
	}
	if names := c.HeldNames(); len(names) != 1 {
		t.Errorf("%v are held", names)
	}
}

// What waits at an instance that is stopped alone is refused, not left to wait.
func TestWhatWaitsIsRefusedAtTheEnd(t *testing.T) {
	c := runningCluster(t, 2)
	c.exits("u:1", code(1), true) // it waits for its next try; the first gets all
	c.wantPlaces(0)
	conn, err := net.DialTimeout("tcp", c.addr.String(), bound)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	done := c.target(ActStop, "web:0")
	c.ends15("u:0")
	done.ok()
	if err := conn.SetReadDeadline(time.Now().Add(bound)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the client reads: %v", err)
	}
}
