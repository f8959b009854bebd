//go:build unix

package supervisor

import (
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"

	"forever/internal/wire"
	"forever/pidfile"
)

// meter is the memory that the system tells of each instance.
type meter struct {
	mu    sync.Mutex
	bytes uint64
	err   error
	looks int
}

func (m *meter) measure(apps []wire.App) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	for i := range apps {
		for j := range apps[i].Instances {
			apps[i].Instances[j].MemoryBytes = m.bytes
		}
	}
	return m.err
}

func (m *meter) set(bytes uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes, m.err = bytes, err
}

func (m *meter) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looks
}

// meteredWorld is a running world with a meter in it.
func meteredWorld(t *testing.T) (*world, *meter) {
	t.Helper()
	w, m := newWorld(t), new(meter)
	w.s.Measure = m.measure
	w.s.active = 1
	w.s.Adopt(&pidfile.State{}, nil, nil)
	w.run()
	return w, m
}

// measure lets one look at the memory come to its end.
func (w *world) measure(m *meter) {
	w.t.Helper()
	before := m.count()
	w.advance(measureEvery)
	w.until("a look at the memory", func() bool { return m.count() > before && !w.s.memory.busy })
}

func greedy(name string) wire.Spec {
	sp := spec(name)
	sp.Policy.MaxMemory = 300 << 20
	return sp
}

func TestMaxMemoryStartsAnew(t *testing.T) {
	w, m := meteredWorld(t)
	slot := w.up(greedy("web"))
	m.set(300<<20, nil)
	w.measure(m) // as much as it may
	w.wantSignals()
	m.set(312<<20, nil)
	w.measure(m)
	w.wantSignals(syscall.SIGTERM)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	in := w.look("web")
	if in.Status != wire.Online || in.Restarts != 1 || in.LastExit.Reason != "restarted: memory 312M over 300M" {
		t.Errorf("after the limit: %+v, last exit %+v", in, in.LastExit)
	}
	if !strings.Contains(w.logged(), "web: restarted: memory 312M over 300M") {
		t.Errorf("the log does not tell:\n%s", w.logged())
	}
}

// What was counted goes on: it was no command of a user's.
func TestMaxMemoryCountsAsARestart(t *testing.T) {
	w, m := meteredWorld(t)
	sp := greedy("web")
	sp.Policy.MaxRuns = 2
	slot := w.up(sp)
	m.set(1<<30, nil)
	w.measure(m)
	w.exits(slot, signaled(syscall.SIGTERM), true)
	m.set(0, nil)
	w.is("web", wire.Online)
	w.exits(slot, code(1), true)
	w.is("web", wire.Failed) // the second run was the last
}

// A user's stop on the way is a stop.
func TestStopWinsOverMaxMemory(t *testing.T) {
	w, m := meteredWorld(t)
	slot := w.up(greedy("web"))
	m.set(1<<30, nil)
	w.measure(m)
	stop := w.target(ActStop, "web")
	w.until("the stop", func() bool { return w.s.byName("web").instances[0].after == afterStop })
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	in := w.look("web")
	if in.Status != wire.Stopped || in.LastExit.Reason != "killed by SIGTERM" {
		t.Errorf("after the stop: %+v, last exit %+v", in, in.LastExit)
	}
}

// Nothing wakes up unless an app that runs asks for it.
func TestMemoryIsMeasuredOnlyWhereAsked(t *testing.T) {
	w, m := meteredWorld(t)
	w.up(spec("free"))
	w.advance(10 * measureEvery)
	if m.count() != 0 {
		t.Fatalf("measured %d times without a limit", m.count())
	}
	slot := w.up(greedy("web"))
	w.measure(m)
	stop := w.target(ActStop, "web")
	w.until("the stop", func() bool { return w.s.byName("web").instances[0].after == afterStop })
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	w.do(func() {
		if w.s.memory.timer != nil {
			t.Error("the timer goes on with nothing to measure")
		}
	})
}

// That nothing can be seen is told once.
func TestMeasuringFails(t *testing.T) {
	w, m := meteredWorld(t)
	w.up(greedy("web"))
	m.set(0, errors.New("no /proc"))
	w.measure(m)
	w.measure(m)
	w.is("web", wire.Online)
	if n := strings.Count(w.logged(), "no /proc"); n != 1 {
		t.Errorf("told %d times:\n%s", n, w.logged())
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 1023: "1023", 1024: "1K", 300 << 20: "300M", 312<<20 + 99: "312M", 3 << 29: "1.5G", 1 << 40: "1T"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
}
