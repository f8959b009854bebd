package supervisor

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

// One after the other, and back in the next reload.
func TestReloadReplacesInTurn(t *testing.T) {
	c := runningCluster(t, 2)
	c.wantPlaces(0, 2)
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.calm()
	c.wantPlaces(0, 2) // until it listens
	c.bind("u:0b", c.addr)
	c.wantPlaces(1, 2)
	r.unfinished("before the old process had ended")
	c.ends15("u:0")
	c.taken("u:1", "u:1b")
	if e := r.ok(); e.Did != didReloaded {
		t.Errorf("result %+v", e)
	}
	c.wantSlots("u:0b", "u:1b")
	c.wantPlaces(1, 3)
	r = c.reload(wire.TargetRequest{Parallel: 2})
	c.started("u:0")
	c.started("u:1")
	c.bind("u:1", c.addr)
	c.bind("u:0", c.addr)
	c.ends15("u:0b", "u:1b")
	r.ok()
	c.wantSlots("u:0", "u:1")
	if in := c.lookAt("web", 1); in.Status != wire.Online || in.Restarts != 0 {
		t.Errorf("after two reloads: %+v", in)
	}
}

// The state names the new process before the old one is asked to end.
func TestReloadIsOnDiskFirst(t *testing.T) {
	c := runningCluster(t, 1)
	c.written()
	c.world.mu.Lock()
	c.hold = make(chan struct{})
	c.world.mu.Unlock()
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.bind("u:0b", c.addr)
	c.wantSignals()
	c.world.mu.Lock()
	close(c.hold)
	c.hold = nil
	c.world.mu.Unlock()
	c.ends15("u:0")
	r.ok()
	if p := c.disk().Apps[0].Instances[0].Process.PID; p != c.look("web").PID {
		t.Errorf("the state names process %d, not %d", p, c.look("web").PID)
	}
}

func TestReloadWhoseSuccessorEnds(t *testing.T) {
	c := runningCluster(t, 2)
	old := c.look("web").PID
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.exits("u:0b", code(3), true)
	err := r.fails(wire.CodeDied)
	if !strings.Contains(err.Message, "exit code 3") || !strings.Contains(err.Message, "the old one stays in service") {
		t.Errorf("the error says %q", err.Message)
	}
	if in := c.look("web"); in.PID != old || in.Status != wire.Online {
		t.Errorf("the instance is %+v", in)
	}
	c.wantSlots("u:0", "u:1")
	c.wantSignals()
	c.wantPlaces(0, 2)
}

func TestReloadWhoseSuccessorCannotBeExecuted(t *testing.T) {
	c := runningCluster(t, 1)
	c.world.mu.Lock()
	c.refusal = &wire.ShimMessage{Op: wire.OpSpawned, Error: "no such file", Errno: int(syscall.ENOENT)}
	c.world.mu.Unlock()
	err := c.reload(wire.TargetRequest{}).fails(wire.CodeDied)
	if !strings.Contains(err.Message, "could not be executed") {
		t.Errorf("the error says %q", err.Message)
	}
	c.wantSlots("u:0")
	c.is("web", wire.Online)
}

// It has its listen timeout, to the moment, and is ended then. What it leaves is
// not in the way of the next reload.
func TestReloadWhoseSuccessorIsNotReady(t *testing.T) {
	c := runningCluster(t, 1)
	c.do(func() { c.s.byName("web").spec.Policy.ListenTimeout = 4000 })
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.advance(4*time.Second - 1)
	r.unfinished("before its time was over")
	c.advance(1)
	err := r.fails(wire.CodeNotReady)
	if !strings.Contains(err.Message, "not ready after 4s") {
		t.Errorf("the error says %q", err.Message)
	}
	c.wantSlots("u:0", "u:0b")
	again := c.reload(wire.TargetRequest{})
	c.ends15("u:0b")
	c.taken("u:0", "u:0b")
	again.ok()
}

// A program that never listens is ready when it has been up for its min-uptime.
func TestReloadOfAProgramThatDoesNotListen(t *testing.T) {
	c := newCluster(t)
	c.s.Adopt(&pidfile.State{}, nil, nil)
	c.run()
	c.start(clusterSpec(1)).ok()
	c.did()
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.advance(time.Second - 1)
	c.wantSignals()
	c.advance(1)
	c.ends15("u:0")
	r.ok()
}

// With several addresses it is ready when it listens on all that the old process
// has, or, if it has given one up, after its min-uptime.
func TestReloadOfSeveralPorts(t *testing.T) {
	c := runningCluster(t, 1)
	second := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 2}), c.addr.Port())
	c.bind("u:0", second)
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.bind("u:0b", c.addr)
	c.wantSignals()
	c.bind("u:0b", second)
	c.ends15("u:0")
	r.ok()

	r = c.reload(wire.TargetRequest{})
	c.started("u:0")
	c.bind("u:0", second)
	c.advance(time.Second - 1)
	c.wantSignals()
	c.advance(1)
	c.ends15("u:0b")
	r.ok()
}

// An address that only one instance has gets no connection to the others.
func TestPortOfOneInstance(t *testing.T) {
	c := runningCluster(t, 3)
	second := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 2}), c.addr.Port())
	c.bind("u:1", second)
	check := func(want int) {
		t.Helper()
		c.do(func() {
			a := c.s.byName("web")
			if got := a.places(a.groups[1]); len(got) != 1 || got[0] != want {
				t.Errorf("its connections go to %v, want %d", got, want)
			}
		})
	}
	check(2)
	c.wantPlaces(0, 2, 4)
	c.exits("u:1", code(1), true)
	check(2) // they wait there
	c.wantPlaces(0, 4)
}

// Another command ends a reload: what is on trial goes, what was asked for last
// counts.
func TestCommandsDuringReload(t *testing.T) {
	tests := map[string]func(c *cluster){
		ActStop: func(c *cluster) {
			done := c.target(ActStop, "web")
			c.ends15("u:0b", "u:0")
			done.ok()
			c.is("web", wire.Stopped)
		},
		ActRestart: func(c *cluster) {
			done := c.target(ActRestart, "web")
			c.ends15("u:0b", "u:0")
			c.started("u:0")
			done.ok()
			c.wantSlots("u:0")
		},
		ActDelete: func(c *cluster) {
			done := c.target(ActDelete, "web")
			c.ends15("u:0b", "u:0")
			done.ok()
			c.wantSlots()
		},
	}
	for action, f := range tests {
		t.Run(action, func(t *testing.T) {
			c := runningCluster(t, 1)
			r := c.reload(wire.TargetRequest{})
			c.started("u:0b")
			f(c)
			r.fails(wire.CodeDied)
			c.do(func() {
				for _, a := range c.s.apps {
					if a.reloading != nil || len(a.others) > 0 {
						t.Errorf("the reload is not over: %+v", a.others)
					}
				}
			})
		})
	}
}

// A stop does not wait for the connections of one that is on its way out.
func TestStopWhileTheOldOneDrains(t *testing.T) {
	c := runningCluster(t, 1)
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.bind("u:0b", c.addr)
	done := c.target(ActStop, "web")
	for range 2 { // in whichever order
		c.exits(c.awaitCall(wire.OpSignal).slot, signaled(syscall.SIGTERM), true)
	}
	done.ok()
	r.result()
	c.wantSlots()
}

func TestSecondReloadIsRefused(t *testing.T) {
	c := runningCluster(t, 1)
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.reload(wire.TargetRequest{}).fails(wire.CodeRunning)
	c.scale("3").fails(wire.CodeRunning)
	c.bind("u:0b", c.addr)
	c.ends15("u:0")
	r.ok()
}

// The old process falls while its successor is on trial: that takes over.
func TestOldOneEndsDuringReload(t *testing.T) {
	c := runningCluster(t, 1)
	r := c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.exits("u:0", code(1), true) // it waits for its next try
	c.bind("u:0b", c.addr)
	r.ok()
	c.wantSlots("u:0b")
	c.is("web", wire.Online)
}

// What is not online has nothing to lose, and is started.
func TestReloadOfWhatIsNotOnline(t *testing.T) {
	c := runningCluster(t, 2)
	c.exits("u:0", code(1), true)
	c.is("web", wire.Backoff)
	r := c.reload(wire.TargetRequest{})
	c.started("u:0")
	c.taken("u:1", "u:1b")
	r.ok()
	c.wantSlots("u:0", "u:1b")
}

// A program that was not started with -i is restarted, and that is said.
func TestReloadFallsBackToRestart(t *testing.T) {
	c := newCluster(t)
	c.s.Adopt(&pidfile.State{}, nil, nil)
	c.run()
	sp := clusterSpec(1)
	sp.Cluster = false
	c.start(sp).ok()
	c.did()
	r := c.reload(wire.TargetRequest{})
	c.ends15("u:0")
	e := r.ok()
	if e.Did != didRestarted || !strings.Contains(e.Message, "restarted, not reloaded") {
		t.Errorf("result %+v", e)
	}
}

// A supervisor is replaced in the middle; the same request goes on where it was.
func TestReloadGoesOnUnderTheNext(t *testing.T) {
	c := runningCluster(t, 2)
	request := wire.TargetRequest{Request: wire.Request{ID: "r1"}}
	c.reload(request)
	c.taken("u:0", "u:0b")
	c.started("u:1b")
	c.written()

	n := c.next()
	// The half-made successor of the second instance is ended first.
	r := n.reload(request)
	n.ends15("u:1b")
	n.started("u:1b")
	n.bind("u:1b", n.addr)
	n.ends15("u:1")
	r.ok()
	n.wantSlots("u:0b", "u:1b")
	for i := range 2 {
		if in := n.lookAt("web", i); in.Status != wire.Online || in.Restarts != 0 {
			t.Errorf("instance %d: %+v", i, in)
		}
	}
	// And the same once more is done already.
	n.did()
	n.reload(request).ok()
	if s := n.spawns(); s != 0 {
		t.Errorf("%d processes were started", s)
	}
}

// It is replaced when the old process has ended and its children have not.
func TestReloadClearsUnderTheNext(t *testing.T) {
	c := runningCluster(t, 1)
	c.leaving = true
	c.reload(wire.TargetRequest{})
	c.started("u:0b")
	c.bind("u:0b", c.addr)
	c.awaitCall(wire.OpSignal)
	c.exits("u:0", signaled(syscall.SIGTERM), false)
	c.written()

	n := c.next()
	n.world.mu.Lock()
	if len(n.sweeps) != 1 || n.sweeps[0].r.Marks[3] != "FOREVER_SLOT=u:0" {
		t.Errorf("swept are %d", len(n.sweeps))
	}
	n.world.mu.Unlock()
	stop := n.target(ActStop, "web")
	n.exits("u:0b", signaled(syscall.SIGTERM), true)
	n.calm()
	stop.unfinished("before what the old one left had ended")
	n.swept(Swept{Killed: true})
	stop.result()
	n.is("web", wire.Stopped)
}

// It is replaced when the new process has taken over and the old one has not ended.
func TestReloadWithBothAliveUnderTheNext(t *testing.T) {
	c := runningCluster(t, 1)
	c.reload(wire.TargetRequest{Request: wire.Request{ID: "r1"}})
	c.started("u:0b")
	c.bind("u:0b", c.addr)
	c.awaitCall(wire.OpSignal)
	c.written()
	pid := c.look("web").PID

	n := c.next()
	n.ends15("u:0")
	n.wantSlots("u:0b")
	if in := n.look("web"); in.PID != pid || in.Status != wire.Online {
		t.Errorf("the instance is %+v, want process %d", in, pid)
	}
	n.reload(wire.TargetRequest{Request: wire.Request{ID: "r1"}}).ok()
	n.wantSlots("u:0b")
}
