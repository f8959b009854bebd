package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"forever/internal/clock"
	"forever/internal/wire"
)

const (
	// firstMoments bounds how long a start waits for a program to come to
	// rest. Node takes 0.1 s until it has read its script, more on a small machine.
	firstMoments = time.Second
	// settling bounds how many programs are watched at once.
	settling = 16
	// lastLines is how much of its output the report of a death shows.
	lastLines = 20
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

// see matches one event with the goals.
func (w *waiting) see(e wire.Event) {
	w.mu.Lock()
	var match []*goal
	var elsewhere []bool
	for _, g := range w.goals {
		if g.id == e.ID && !g.done && (g.index == e.Instance || e.Instance < 0) {
			match = append(match, g)
			elsewhere = append(elsewhere, g.did == didReloaded && !g.upwards || g.did == didSent && e.State == wire.Online)
		}
	}
	w.mu.Unlock()
	if e.Type == wire.EventWarning && len(match) > 0 {
		w.emit(e) // once, however many instances it is about
		return
	}
	for i, g := range match {
		w.emit(e)
		switch {
		case elsewhere[i]:
			// It is said elsewhere when it is done.
		case g.up():
			w.seeUp(g, e)
		case g.did == didSent:
			w.seeMute(g, e)
		default:
			w.seeDown(g, e)
		}
	}
}

// up: the goal is a process, not the end of one.
func (g *goal) up() bool { return g.did == didStarted || g.did == didRestarted || g.upwards }

// seeUp follows a start.
func (w *waiting) seeUp(g *goal, e wire.Event) {
	switch e.State {
	case wire.Starting:
		if e.PID == 0 && g.ran && w.seeAgain(g, e) {
			return
		}
		if g.swapped && e.PID != 0 && w.waitMS == 0 {
			w.seeSwapped(g, e)
			return
		}
		g.began, g.ran = true, g.ran || e.PID != 0 && e.PID != g.oldPID
		if e.PID != 0 && w.waitMS == 0 && e.PID != g.oldPID && e.PID != g.pid {
			g.pid = e.PID // executed, and not ready yet: that is waited for only with --wait
			go w.watch(g, e.PID)
		}
	case wire.Online:
		g.ran = g.ran || e.PID != 0 && e.PID != g.oldPID
		if g.ready && w.waitMS != 0 && e.PID != 0 && e.PID != g.oldPID {
			g.pid = e.PID
			w.finish(g, nil)
			return
		}
		if g.swapped && e.PID != 0 {
			w.seeSwapped(g, e)
			return
		}
		if e.PID != 0 && e.PID != g.oldPID && e.PID != g.pid {
			g.began, g.pid = true, e.PID
			if g.message == "" {
				g.message = e.Message // "restarted, not reloaded" counts more
			}
			go w.watch(g, e.PID)
		}
	case wire.Stopping:
		if e.Err != nil {
			w.finish(g, e.Err) // it was not ready in time, or what it should replace does not end
		}
	case wire.Failed, wire.Backoff, wire.Exited:
		if g.began {
			w.seeEnd(g, e)
		}
	case wire.Stopped, wire.Deleted:
		w.seeEnd(g, e)
	}
}

// seeAgain: what was just started is started again. Where the restart policy
// does that, without a pause, the first process has failed; false: another
// command does it, or a change of its files, its hour or its memory, and what
// comes now is waited for.
func (w *waiting) seeAgain(g *goal, e wire.Event) bool {
	if e.Message != "" {
		g.swapped, g.message = true, e.Message
		return false
	}
	w.s.ask(func() {
		for _, in := range g.app.chosen(g.index) {
			if in.runs > 1 && len(in.exits) > 0 {
				x := in.exits[0]
				e.Exit = &x
			}
		}
	})
	if e.Exit == nil {
		return false
	}
	w.died(g, e)
	return true
}

// seeSwapped: the process that we put in the place of one in its first moments
// is there. It has none of its own, which might end in the same way for ever.
func (w *waiting) seeSwapped(g *goal, e wire.Event) {
	g.pid = e.PID
	w.finish(g, nil)
}

// seeEnd: what was just started has ended already.
func (w *waiting) seeEnd(g *goal, e wire.Event) {
	switch {
	case e.Err != nil && e.Err.Code == wire.CodeExec:
		w.notExecuted(g, e)
	case e.State == wire.Stopped || e.State == wire.Deleted:
		w.finish(g, &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("app %q: another command stopped it", g.label)})
	case e.State == wire.Exited:
		g.message = "it has ended already, with " + reason(e.Exit)
		w.finish(g, nil)
	default:
		w.died(g, e)
	}
}

// lifetime says how long a program ran that was to stay.
func lifetime(x *wire.Exit) string {
	if x == nil || milliseconds(x.RanMS) < firstMoments {
		return "at once"
	}
	return "after " + clock.Format(milliseconds(x.RanMS))
}

func reason(x *wire.Exit) string {
	if x == nil {
		return "an unknown exit code"
	}
	return x.Reason
}

// died: the report shows the last lines of what it printed.
func (w *waiting) died(g *goal, e wire.Event) {
	err := &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("app %q: ended %s: %s", g.label, lifetime(e.Exit), reason(e.Exit))}
	err.Hint = fmt.Sprintf("forever logs %s; or forever stop %s", g.word, g.word)
	switch e.State {
	case wire.Backoff:
		err.Message += fmt.Sprintf("; next try in %s", clock.Format(milliseconds(e.NextMS)))
	case wire.Starting:
		err.Message += "; it is started again"
	default:
		err.Hint = fmt.Sprintf("forever logs %s; then forever start %s", g.word, g.word)
	}
	g.lines = w.linesOf(g)
	w.finish(g, err)
}

// notExecuted: an app that never ran is not kept in the list.
func (w *waiting) notExecuted(g *goal, e wire.Event) {
	err := *e.Err
	err.Message = fmt.Sprintf("app %q: %s", g.label, err.Message)
	if path := w.missing(g); path != "" && err.Exit == exitCode(int(syscall.ENOENT)) {
		err.Message = fmt.Sprintf("app %q: could not be executed: %s is not there any more", g.label, path)
		err.Hint = fmt.Sprintf("put it back and forever restart %s; or forever delete %[1]s", g.word)
	}
	w.finish(g, &err)
	if w.created[g.app] {
		w.s.ask(func() {
			if g.app.resting() {
				w.s.remove(g.app)
				w.wishes = true
			}
		})
	}
}

// missing is what the app cannot be executed without and what is not there: its
// folder, its interpreter or its script. Empty: it is something else. The client
// has found all of them before the first start.
func (w *waiting) missing(g *goal) string {
	var spec wire.Spec
	w.s.ask(func() { spec = g.app.spec })
	for _, path := range []string{spec.Cwd, spec.Interpreter, spec.Script} {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	return ""
}

// linesOf is what the instance has printed since the command began: its errors,
// or what else it said.
func (w *waiting) linesOf(g *goal) []string {
	w.drain(g)
	for _, m := range g.logs {
		var lines []string
		answered := w.s.disks.Do(m.path, func() { lines = m.lines() })
		if answered && len(lines) > 0 {
			return lines
		}
	}
	return nil
}

// lines are the last that were printed since.
func (m *logMark) lines() []string {
	info, err := os.Stat(m.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() <= m.size {
		return nil
	}
	lines, err := tailFrom(m.path, m.size, lastLines)
	if err != nil {
		return nil
	}
	return lines
}

// drain has the last words of a process in its log.
func (w *waiting) drain(g *goal) {
	for _, key := range g.keys {
		w.s.pump.Drain(key)
	}
}

// watch waits until the program has come to rest, or, with --wait, until it
// has been up for its min-uptime, which is readiness where no other was asked for.
func (w *waiting) watch(g *goal, pid int) {
	if w.waitMS != 0 {
		w.watchUptime(g)
	} else if errors.Is(w.settle(g, pid), os.ErrProcessDone) {
		return // the event of its end follows
	}
	select {
	case w.settled <- g:
	case <-w.ctx.Done():
	case <-w.s.done:
	}
}

// settle waits until the program has come to rest, for its first moments at most.
func (w *waiting) settle(g *goal, pid int) error {
	w.slots <- struct{}{}
	defer func() { <-w.slots }()
	ctx, cancel := context.WithTimeout(w.ctx, firstMoments)
	defer cancel()
	return w.s.Settle(ctx, pid, w.s.startOf(g.id, g.index, pid))
}

func (w *waiting) watchUptime(g *goal) {
	up := make(chan struct{})
	t := w.s.clock.AfterFunc(g.minUptime, func() { close(up) })
	defer t.Stop()
	select {
	case <-up:
	case <-w.ctx.Done():
	}
}

// startOf is the start time of an instance's process, if it is still pid.
func (s *Supervisor) startOf(id, index, pid int) (start uint64) {
	s.ask(func() {
		a := s.byID(id)
		if a == nil {
			return
		}
		for _, in := range a.chosen(index) {
			if in.proc.PID == pid {
				start = in.proc.Start
			}
		}
	})
	return start
}

// seeMute follows a send: what ends has no answer any more. While it is being
// stopped it may still give one.
func (w *waiting) seeMute(g *goal, e wire.Event) {
	if e.State == wire.Stopping || e.PID != 0 {
		return
	}
	err := &wire.Error{
		Code: wire.CodeDied, Hint: "forever logs " + g.word,
		Message: fmt.Sprintf("app %q: ended before it answered", g.label),
	}
	if e.Exit != nil {
		err.Message += ": " + e.Exit.Reason
	}
	w.finish(g, err)
}

// seeDown follows a stop or a deletion.
func (w *waiting) seeDown(g *goal, e wire.Event) {
	switch {
	case e.State == wire.Deleted:
		w.finish(g, nil)
	case e.Err != nil:
		w.finish(g, e.Err)
	case g.did == didDeleted:
		// It counts when it is forgotten.
	case e.State == wire.Stopped || e.State == wire.Exited || e.State == wire.Failed:
		w.drain(g) // before stop returns
		w.finish(g, nil)
	case e.State == wire.Starting:
		g.message = "another command started it again"
		w.finish(g, nil)
	}
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
