package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"forever/internal/clock"
	"forever/internal/wire"
)

// waiting is one command that waits for what it asked for. Its goroutine is
// the caller's; the loop fills it while it accepts the request, and what
// happens then comes as events.
type waiting struct {
	s       *Supervisor
	ctx     context.Context
	waitMS  int64
	emit    func(wire.Event)
	sub     *subscription
	created map[*app]bool // apps that did not exist before; the loop fills it
	wishes  bool          // it changes what is wanted; the loop says so

	mu      sync.Mutex
	goals   []*goal
	results []wire.Event // of goals that failed before they began
	settled chan *goal
	slots   chan struct{} // bounds the settle watchers
}

// goal is what the command wants of one instance. What it needs to know of the
// instance is copied when it is made: the instance itself belongs to the loop.
type goal struct {
	app       *app // which one, never what is in it
	name      string
	word      string // what a user types for the app
	id        int
	index     int
	label     string
	did       string        // "started", "stopped" …
	keys      []string      // its pipes at the pump
	logs      []logMark     // errors first
	minUptime time.Duration // of its policy

	pid     int // the one that counts; restart: another than before
	oldPID  int
	single  bool // the target was this instance, not the app
	upwards bool // scale: it is a new one; reload: it was not online
	ready   bool // online means ready: that was asked for
	answer  json.RawMessage
	began   bool
	ran     bool // a process of it has been executed
	swapped bool // and we put another one in its place, which counts once it is executed
	done    bool
	message string
	err     *wire.Error
	lines   []string
}

// logMark is where a log ended when the command began. Without a path it is not known.
type logMark struct {
	path string
	size int64
}

// begin registers a command: the pair does not end while one is under way.
func (s *Supervisor) begin(ctx context.Context, waitMS int64, emit func(wire.Event)) *waiting {
	w := &waiting{
		s: s, ctx: ctx, waitMS: waitMS, emit: emit, sub: s.subscribe(),
		created: map[*app]bool{}, wishes: s.Alone,
		settled: make(chan *goal), slots: make(chan struct{}, settling),
	}
	s.ask(func() { s.active, s.used = s.active+1, true })
	return w
}

func (w *waiting) end() {
	w.s.unsubscribe(w.sub)
	w.s.ask(func() { w.s.active-- })
}

// app adds the instances of an app as goals, but for those that it is to lose.
// The loop calls it.
func (w *waiting) app(a *app, did string) {
	for _, in := range a.instances {
		if in.index < a.spec.Instances {
			w.add(in, did)
		}
	}
}

func (w *waiting) add(in *instance, did string) *goal {
	g := &goal{
		app: in.app, name: in.app.spec.Name, word: in.app.word(), id: in.app.id, index: in.index,
		label: in.label(), did: did, keys: in.pumpKeys(),
		minUptime: milliseconds(in.app.spec.Policy.MinUptimeMS),
		ready:     in.app.spec.Ready != "",
	}
	if g.up() || did == didScaled {
		w.mark(g, in)
	}
	w.mu.Lock()
	w.goals = append(w.goals, g)
	w.mu.Unlock()
	return g
}

// others has a stop wait, too, for the processes that a reload has left.
func (w *waiting) others(a *app, index int) {
	for _, in := range a.others {
		if index < 0 || in.index == index {
			g := w.add(in, didStopped)
			g.index = noInstance
			in.await(func(err *wire.Error) { w.reach(g, err) })
		}
	}
}

// noInstance is the index of a goal that no event is about.
const noInstance = -2

// mark has what the instance prints from now on count as of the command.
func (w *waiting) mark(g *goal, in *instance) {
	if in.app.spec.Output.Direct {
		return
	}
	out, errs := in.app.outPaths(in.index)
	logs := []logMark{w.s.markLog(errs), w.s.markLog(out)}
	w.note(g, func() { g.logs = logs })
}

// follow has a goal of a reload be an ordinary start.
func (w *waiting) follow(g *goal) { w.note(g, func() { g.upwards = true }) }

// markLog looks where a log ends. The loop calls it, so that it does not wait for a
// disk that does not answer; then nothing will be read from there.
func (s *Supervisor) markLog(path string) logMark {
	var size int64
	answered := s.disks.Do(path, func() {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	})
	if !answered {
		return logMark{}
	}
	return logMark{path, size}
}

// remark adds to the results of an app.
func (w *waiting) remark(a *app, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.goals {
		if g.app == a && g.message == "" {
			g.message = message
		}
	}
}

// fail records that an app's part of the command cannot begin.
func (w *waiting) fail(a *app, err *wire.Error) {
	defer w.sub.poke()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.goals = slices.DeleteFunc(w.goals, func(g *goal) bool { return g.app == a })
	w.results = append(w.results, wire.Event{
		Type: wire.EventResult, App: a.spec.Name, ID: a.id, Instance: -1, Err: err,
	})
}

// deny records that an app does not come into being.
func (w *waiting) deny(name string, err *wire.Error) {
	defer w.sub.poke()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, wire.Event{Type: wire.EventResult, App: name, ID: -1, Instance: -1, Err: err})
}

// wait follows the events until every goal is reached or missed, and emits a
// result for each app.
func (w *waiting) wait() {
	deadline, stop := w.deadline()
	defer stop()
	for !w.finished() {
		select {
		case <-w.sub.wake:
			for _, e := range w.sub.take() {
				w.see(e)
			}
		case g := <-w.settled:
			w.finish(g, nil)
		case <-deadline:
			w.late()
		case <-w.ctx.Done():
			return
		case <-w.s.done:
			// The supervisor is being replaced or ends: no word of success. The
			// stream breaks, and the client asks again.
			<-w.ctx.Done()
			return
		}
		if !w.report() {
			<-w.ctx.Done() // as above
			return
		}
	}
	if !w.report() {
		<-w.ctx.Done()
		return
	}
	// Said here, not by the server afterwards: with this command over, the
	// supervisor may be idle and end at once.
	w.emit(wire.Event{Type: wire.EventDone, At: w.s.clock.Now(), ID: -1, Instance: -1})
}

// deadline is closed when --wait=TIMEOUT is over.
func (w *waiting) deadline() (over <-chan struct{}, stop func()) {
	if w.waitMS <= 0 {
		return nil, func() {}
	}
	c := make(chan struct{})
	t := w.s.clock.AfterFunc(milliseconds(w.waitMS), func() { close(c) })
	return c, func() { t.Stop() }
}

func (w *waiting) finished() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.goals {
		if !g.done {
			return false
		}
	}
	return true
}

func (w *waiting) finish(g *goal, err *wire.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !g.done {
		g.done, g.err = true, err
	}
}

// note changes what the loop has to say of a goal.
func (w *waiting) note(_ *goal, change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// reach is finish from another goroutine than the caller's.
func (w *waiting) reach(g *goal, err *wire.Error) {
	w.finish(g, err)
	w.sub.poke()
}

// answer is reach with what a program said.
func (w *waiting) answer(g *goal, answer json.RawMessage) {
	w.mu.Lock()
	if !g.done {
		g.done, g.answer = true, answer
	}
	w.mu.Unlock()
	w.sub.poke()
}

// late: --wait=TIMEOUT is over.
func (w *waiting) late() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.goals {
		if !g.done {
			g.done, g.err = true, g.overdue(milliseconds(w.waitMS))
		}
	}
}

// overdue is what a goal missed that was not reached in time.
func (g *goal) overdue(after time.Duration) *wire.Error {
	err := &wire.Error{Code: wire.CodeNotReady, Hint: "forever describe " + g.word}
	if g.did == didSent {
		err.Message = fmt.Sprintf("app %q: has not answered within %s", g.label, clock.Format(after))
		err.Hint = "a program answers by process.send(…) in process.on('message', …)"
		return err
	}
	err.Message = fmt.Sprintf("app %q: not ready after %s", g.label, clock.Format(after))
	return err
}
