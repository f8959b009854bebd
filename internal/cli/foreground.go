package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"

	"forever/internal/client"
	"forever/internal/wire"
)

// foreground is one `forever run`. The goroutine of run owns everything in it
// but the channels; calls to the supervisor run beside it and report there.
//
// No change is missed: the watch begins with an event that says from when on
// it is complete, and then the state of each app is asked for once.
type foreground struct {
	*call
	request wire.StartRequest
	streams []*os.File

	news    chan news
	up      chan struct{} // closed when a supervisor is known to serve us
	upOnce  sync.Once
	working sync.WaitGroup

	apps    []*resident
	strange []wire.Event // of the watch, for apps of our names whose id is not known yet
	asked   int          // how many signals asked for the end
	signal  string       // the first of them
	verdict *int         // the exit code, once it is certain
	started bool         // the start call has been answered
	told    map[wire.Exit]bool
}

// news is what the other goroutines tell run.
type news struct {
	event  wire.Event
	origin origin
	err    error
}

// origin says whose news it is.
type origin int

const (
	ofStart   origin = iota // an event of the start call
	ofWatch                 // an event of the watch
	startDone               // the start call was answered
	stopDone                // a stop call was answered
	actDone                 // another call was answered
	watchDone               // the supervisor has ended for good
)

func newForeground(c *call, r wire.StartRequest, streams []*os.File) *foreground {
	f := &foreground{
		call: c, request: r, streams: streams,
		news: make(chan news), up: make(chan struct{}), told: map[wire.Exit]bool{},
	}
	for i := range r.Specs {
		f.apps = append(f.apps, newResident(&r.Specs[i]))
	}
	return f
}

// run starts the apps and returns when they have ended, with their exit code.
func (f *foreground) run() error {
	ctx, cancel := context.WithCancel(f.ctx)
	f.ctx = ctx
	defer f.working.Wait()
	defer cancel()
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, caughtSignals()...)
	defer signal.Stop(signals)

	f.working.Go(f.watch)
	f.working.Go(f.start)
	for !f.over() {
		var err error
		select {
		case n := <-f.news:
			err = f.take(n)
		case sig := <-signals:
			err = f.interrupt(sig)
		}
		if err != nil {
			return err
		}
	}
	return exitCode(*f.verdict)
}

// tell hands news to run, unless it has ended.
func (f *foreground) tell(n news) {
	select {
	case f.news <- n:
	case <-f.ctx.Done():
	}
}

// start sends the start call.
func (f *foreground) start() {
	err := f.service.Start(f.ctx, f.request, f.streams, func(ev wire.Event) {
		f.upOnce.Do(func() { close(f.up) })
		f.tell(news{event: ev, origin: ofStart})
	})
	f.upOnce.Do(func() { close(f.up) })
	f.tell(news{origin: startDone, err: err})
}

// watch follows all changes. Before the start there may be no supervisor to
// watch: the first event of the start call says that there is one now.
func (f *foreground) watch() {
	on := func(ev wire.Event) { f.tell(news{event: ev, origin: ofWatch}) }
	err := f.service.Watch(f.ctx, on)
	if errors.Is(err, client.ErrNoSupervisor) {
		select {
		case <-f.up:
		case <-f.ctx.Done():
			return
		}
		err = f.service.Watch(f.ctx, on)
	}
	f.tell(news{origin: watchDone, err: err})
}

// take acts on one piece of news. An error ends the run.
func (f *foreground) take(n news) error {
	switch n.origin {
	case ofStart:
		f.startEvent(n.event)
	case ofWatch:
		f.watchEvent(n.event)
	case startDone:
		f.started = true
		return f.answered(n.err)
	case stopDone:
		f.stopped(n.err)
	case actDone:
		if n.err != nil {
			f.report(n.err)
		}
	case watchDone:
		return f.abandoned(n.err)
	}
	return nil
}

// startEvent learns which apps are ours, and which could not be started.
func (f *foreground) startEvent(ev wire.Event) {
	r := f.named(ev.App)
	switch {
	case r == nil && ev.Err != nil, ev.Err != nil && !begins(ev.Err):
		f.complain(ev)
		f.decide(startCode(ev.Err))
		if r != nil {
			r.ended = true
		}
	case r != nil:
		f.learn(r, ev.ID)
		f.state(r, ev)
	}
}

// begins reports errors of an app that was started all the same, and lives on
// by its restart policy.
func begins(e *wire.Error) bool { return e.Code == wire.CodeDied || e.Code == wire.CodeNotReady }

func startCode(e *wire.Error) int {
	if e.Exit != 0 {
		return e.Exit
	}
	return remoteCode(e)
}

// learn knows an app's id from now on; what the watch told of it before counts.
func (f *foreground) learn(r *resident, id int) {
	if r.known && r.id == id {
		return
	}
	r.id, r.known = id, true
	early := f.strange
	f.strange = nil
	for _, ev := range early {
		f.watchEvent(ev)
	}
	if f.asked > 0 {
		f.stop(r)
	}
}

func (f *foreground) watchEvent(ev wire.Event) {
	if ev.Type == wire.EventWatching {
		f.look()
		return
	}
	for _, r := range f.apps {
		if r.known && r.id == ev.ID {
			f.state(r, ev)
			return
		}
	}
	if r := f.named(ev.App); r != nil && !r.known {
		f.strange = append(f.strange, ev)
	}
}

func (f *foreground) named(name string) *resident {
	for _, r := range f.apps {
		if r.name == name {
			return r
		}
	}
	return nil
}

// state takes a change of one of our apps.
func (f *foreground) state(r *resident, ev wire.Event) {
	if ev.Type != wire.EventState || r.ended {
		return
	}
	f.narrate(r, ev)
	r.enter(ev.Instance, ev.State, ev.Exit)
	if ev.State == wire.Stopped {
		f.look() // the end, or the middle of somebody's restart
	}
	f.settle(r)
}

// look asks for the state of our apps. One that is not listed any more has ended.
func (f *foreground) look() {
	apps, _, err := f.service.Apps(f.ctx, client.Query{})
	if err != nil {
		return // the watch will tell, or end
	}
	for _, r := range f.apps {
		if r.known && !r.ended {
			r.compare(apps)
			f.settle(r)
		}
	}
}

// settle decides what the end of an app means for the run.
func (f *foreground) settle(r *resident) {
	if !r.ended || r.counted {
		return
	}
	r.counted = true
	if r.essential || f.allEnded() {
		f.decide(f.code(r))
	}
}

// code is the exit code that the end of r gives to the run: its own, or that
// of the first app that failed where none is essential.
func (f *foreground) code(r *resident) int {
	from := []*resident{r}
	if !r.essential {
		from = f.apps
	}
	for _, r := range from {
		code, known := r.code()
		if !known {
			f.err.Error(fmt.Sprintf("app %q has ended; its exit code is not known", r.name))
		}
		if code != 0 {
			return code
		}
	}
	return 0
}

// decide sets the exit code, once, and stops what still runs.
func (f *foreground) decide(code int) {
	if f.verdict != nil {
		return
	}
	f.verdict = &code
	f.stopAll()
}

func (f *foreground) allEnded() bool {
	for _, r := range f.apps {
		if !r.ended {
			return false
		}
	}
	return true
}

// over reports that the exit code is certain and nothing of ours is left.
func (f *foreground) over() bool {
	if f.verdict == nil || !f.started {
		return false
	}
	for _, r := range f.apps {
		if r.known && !r.ended {
			return false
		}
	}
	return true
}

// answered takes the end of the start call.
func (f *foreground) answered(err error) error {
	if err == nil {
		return nil
	}
	if !f.anyKnown() {
		return err
	}
	f.decide(f.report(err))
	return nil
}

func (f *foreground) anyKnown() bool {
	for _, r := range f.apps {
		if r.known {
			return true
		}
	}
	return false
}

// abandoned takes the end of the watch: nobody keeps our apps any more.
func (f *foreground) abandoned(err error) error {
	if err != nil && !errors.Is(err, client.ErrNoSupervisor) {
		return fmt.Errorf("watch the apps: %w", err)
	}
	f.look()
	for _, r := range f.apps {
		if r.known && !r.ended {
			r.ended = true
			f.settle(r)
		}
	}
	return nil
}

// interrupt acts on a signal that came to us.
func (f *foreground) interrupt(sig os.Signal) error {
	if !endsRun(sig) {
		f.passOn(sig)
		return nil
	}
	f.asked++
	if f.asked == 1 {
		f.signal = stopSignal(sig)
	}
	f.stopAll()
	if f.asked > 1 && !f.anyKnown() {
		return exitCode(signalCode(sig)) // nothing has been started yet, and may never be
	}
	return nil
}

// passOn sends a signal to all of our apps.
func (f *foreground) passOn(sig os.Signal) {
	r := wire.TargetRequest{Signal: signalText(sig)}
	for _, a := range f.apps {
		if a.known && !a.ended {
			r.Targets = append(r.Targets, strconv.Itoa(a.id))
		}
	}
	if len(r.Targets) > 0 {
		f.send("signal", r, actDone)
	}
}

func (f *foreground) stopAll() {
	for _, r := range f.apps {
		f.stop(r)
	}
}

// stop stops one app if it lives: with our signal, and at once when we were
// asked twice.
func (f *foreground) stop(r *resident) {
	if !r.known || r.ended {
		return
	}
	q := wire.TargetRequest{Targets: []string{strconv.Itoa(r.id)}, Signal: f.signal}
	if f.asked > 1 {
		now := int64(0)
		q.TimeoutMS = &now
	}
	f.send("stop", q, stopDone)
}

// send carries out an action beside run. A target that is gone is no error:
// it ended by itself.
func (f *foreground) send(action string, r wire.TargetRequest, done origin) {
	f.working.Go(func() {
		var failed error
		err := f.service.Act(f.ctx, action, r, func(ev wire.Event) {
			if ev.Err != nil && ev.Err.Code != wire.CodeNoTarget {
				failed = ev.Err
			}
		})
		f.tell(news{origin: done, err: errors.Join(err, failed)})
	})
}

// stopped takes the answer of a stop call. What could not be stopped is given
// up: waiting for it would have no end.
func (f *foreground) stopped(err error) {
	f.look()
	if err == nil {
		return
	}
	code := f.report(err)
	for _, r := range f.apps {
		r.ended = r.ended || r.known
	}
	f.decide(code)
}

// narrate tells on stderr that an app is started again, or not.
func (f *foreground) narrate(r *resident, ev wire.Event) {
	e := ev.Exit
	if e == nil || f.told[*e] {
		return
	}
	f.told[*e] = true
	text := fmt.Sprintf("%s %s after %s", label(r.name, r.index(ev.Instance)), ending(e), milliseconds(e.RanMS))
	switch ev.State {
	case wire.Backoff:
		f.note("%s; next try in %s", text, milliseconds(ev.NextMS))
	case wire.Starting:
		f.note("%s; starting it again", text)
	case wire.Failed:
		f.err.Error(text + "; given up")
	}
}
