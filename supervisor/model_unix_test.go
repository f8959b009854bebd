//go:build unix

package supervisor

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
)

// model drives a supervisor by a sequence of choices, on one goroutine: what
// users ask for, what the shim answers, how processes end, how time passes.
// After each choice it looks whether what must always hold still does.
type model struct {
	*world
	choices []byte
	trace   []string
	names   []string
}

// next is the next choice among n; when there are none left it is 0.
func (m *model) next(n int) int {
	if len(m.choices) == 0 {
		return 0
	}
	c := int(m.choices[0]) % n
	m.choices = m.choices[1:]
	return c
}

// lifePolicies are what the apps of the model are run by.
func lifePolicies() []wire.Policy {
	p := defaultPolicy()
	always, never, few, fast := p, p, p, p
	always.Restart, never.Restart = wire.RestartAlways, wire.RestartNever
	few.MaxRestarts, few.MaxRuns = 2, 5
	fast.BackoffMinMS = 0
	return []wire.Policy{p, always, never, few, fast}
}

func newModel(t *testing.T, choices []byte) *model {
	m := &model{world: fresh(t), choices: choices}
	m.manual, m.leaving = true, true
	policies := lifePolicies()
	for i, name := range []string{"a", "b"} {
		sp := spec(name)
		sp.Policy = policies[m.next(len(policies))]
		sp.Instances = 1 + i
		a := m.s.newApp(i, sp)
		a.desired = wire.DesiredStopped
		m.s.apps = append(m.s.apps, a)
		m.names = append(m.names, name)
	}
	return m
}

// instance chooses one.
func (m *model) instance() *instance {
	a := m.s.byName(m.names[m.next(len(m.names))])
	return a.instances[m.next(len(a.instances))]
}

// step makes one choice, and checks.
func (m *model) step() {
	in := m.instance()
	what := m.choose(in)
	m.turn()
	m.trace = append(m.trace, in.label()+": "+what)
	m.check()
}

func (m *model) choose(in *instance) string {
	all := wire.TargetRequest{}
	switch m.next(14) {
	case 0, 1:
		m.s.actStart(in.app, -1, all, m.waiter())
		return "start"
	case 2:
		m.s.actStop(in.app, -1, all, m.waiter())
		return "stop"
	case 3:
		m.s.actRestart(in.app, -1, all, m.waiter())
		return "restart"
	case 4:
		m.s.actStop(in.app, -1, wire.TargetRequest{TimeoutMS: number(0)}, m.waiter())
		return "stop now"
	case 5, 6:
		return m.answers(in)
	case 7, 8:
		return m.ends(in)
	case 9:
		return m.sweepsEnd(in)
	case 10:
		m.clock.Advance(time.Duration(1+m.next(20)) * 100 * time.Millisecond)
		return "some time"
	case 11:
		m.clock.Advance(time.Minute)
		return "a minute"
	case 12:
		in.fire(event{kind: Failing, why: "unhealthy"})
		return "it is not well"
	default:
		m.s.Exit(in.slot, wire.ShimExit{PID: 1, Known: true, At: m.clock.Now()}) // of nobody we know
		return "a stranger's end"
	}
}

func (m *model) waiter() *waiting {
	return &waiting{s: m.s, ctx: m.ctx, sub: &subscription{wake: make(chan struct{}, 1)}, created: map[*app]bool{}}
}

// answers: the shim tells of a start, if one is outstanding.
func (m *model) answers(in *instance) string {
	if m.slot(in.slot).waiting == nil {
		return "nothing to answer"
	}
	if m.next(4) == 0 {
		m.spawnFails(in.slot, syscall.ENOENT)
		return "not executed"
	}
	m.spawned(in.slot)
	return "executed"
}

// ends: the slot's process ends, if there is one, and may leave others behind.
func (m *model) ends(in *instance) string {
	if m.slot(in.slot).pid == 0 {
		return "nothing to end"
	}
	status := []syscall.WaitStatus{code(0), code(1), signaled(syscall.SIGTERM), signaled(syscall.SIGKILL)}[m.next(4)]
	alone := m.next(2) == 0
	if m.next(3) == 0 { // it had ended, and its order was followed, before that was withdrawn
		sl := m.slot(in.slot)
		sl.order = cmp.Or(sl.order, sl.undone)
	}
	m.exits(in.slot, status, alone)
	if alone {
		return "ended"
	}
	return "ended with others left"
}

// sweepsEnd: the oldest sweep ends, if there is one.
func (m *model) sweepsEnd(*instance) string {
	if len(m.sweeps) == 0 {
		return "nothing to sweep"
	}
	switch m.next(4) {
	case 0:
		m.swept(Swept{Killed: true, Left: []proc.Entry{{PID: 7}}})
		return "swept, some left"
	case 1:
		m.swept(Swept{Err: syscall.EMFILE})
		return "swept blindly"
	}
	m.swept(Swept{})
	return "swept"
}

// check fails when something does not hold that must always hold.
func (m *model) check() {
	for _, a := range m.s.apps {
		for _, in := range a.instances {
			for _, wrong := range m.faults(in) {
				m.t.Errorf("%s, %v: %s", in.label(), in.state, wrong)
			}
		}
	}
	if m.t.Failed() {
		m.t.Fatalf("after %q", m.trace)
	}
}

func (m *model) faults(in *instance) (wrong []string) {
	sl := m.slot(in.slot)
	must := func(holds bool, what string) {
		if !holds {
			wrong = append(wrong, what)
		}
	}
	must(in.proc.PID == sl.pid, "it thinks of another process than the shim has")
	must(sl.pid == 0 || sl.waiting == nil, "a process and a start at once")
	switch in.state {
	case Stopped, Exited, Failed:
		must(in.timer == nil, "a timer at rest")
		must(sl.pid == 0, "a process at rest")
		must(sl.waiting == nil, "a start outstanding at rest")
	case Starting:
		must(sl.waiting != nil, "starting, and nobody is at it")
		must(in.timer == nil, "a timer while starting")
	case Online:
		must(sl.pid != 0, "online without a process")
		must(in.timer == nil, "a timer while online")
		must(in.app.desired == wire.DesiredRunning, "online against the user's will")
	case Backoff:
		must(in.timer != nil, "nothing will end the wait")
		must(in.nextTry.After(m.clock.Now()), "the wait is over")
		must(in.app.desired == wire.DesiredRunning, "waiting to run against the user's will")
	case Stopping:
		must(sl.pid != 0 || sl.waiting != nil || in.sweeping != nil || in.timer != nil, "stopping, and nothing will end it")
	}
	return wrong
}

// quiesce lets everything that is under way come to its end, as it does when
// no user asks for more: processes end when they are told to.
func (m *model) quiesce() {
	for range 200 {
		m.turn()
		switch {
		case m.quiesceSlots():
		case len(m.sweeps) > 0:
			m.swept(Swept{})
		case m.restless():
			m.clock.Advance(time.Minute)
		default:
			return
		}
		m.turn()
		m.check()
	}
	m.t.Fatalf("it does not come to rest after %q", m.trace)
}

func (m *model) quiesceSlots() bool {
	for key, sl := range m.slots {
		in := m.s.bySlot(key)
		switch {
		case sl.waiting != nil:
			m.spawned(key)
			return true
		case sl.pid != 0 && in.state == Stopping:
			m.exits(key, signaled(syscall.SIGTERM), true)
			return true
		}
	}
	return false
}

func (m *model) restless() bool {
	return slices.ContainsFunc(m.s.apps, func(a *app) bool {
		return slices.ContainsFunc(a.instances, func(in *instance) bool {
			return in.state == Backoff || in.state == Stopping || in.state == Starting
		})
	})
}

// play runs the whole sequence and looks at where it ends.
func (m *model) play() {
	for len(m.choices) > 0 {
		m.step()
	}
	m.quiesce()
	for _, a := range m.s.apps {
		for _, in := range a.instances {
			if a.desired == wire.DesiredStopped && !in.state.resting() {
				m.t.Errorf("%s is %v and was to stop, after %q", in.label(), in.state, m.trace)
			}
			if a.desired == wire.DesiredRunning && in.state == Stopped {
				m.t.Errorf("%s is stopped and was to run, after %q", in.label(), m.trace)
			}
		}
	}
}

func TestLifeByChance(t *testing.T) {
	const lives, length = 100, 120
	for seed := range uint64(lives) {
		r := rand.New(rand.NewPCG(seed, 0))
		choices := make([]byte, length)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		newModel(t, choices).play()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzLife(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, choices []byte) {
		newModel(t, choices[:min(len(choices), 400)]).play()
	})
}
