package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"

	"forever/internal/client"
	"forever/internal/render"
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
	alone   bool         // there is no supervisor to say farewell to
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
	ofKeys                  // "rs" was typed
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

	f.listen()
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
	f.forget()
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
		return f.answered(n.err)
	case stopDone:
		f.stopped(n.err)
	case ofKeys:
		f.restart()
	case actDone:
		if n.err != nil {
			f.report(n.err)
		}
	case watchDone:
		return f.abandoned(n.err)
	}
	return nil
}

// answered takes the end of the start call.
func (f *foreground) answered(err error) error {
	f.started = true
	if err != nil && !f.anyKnown() {
		return err
	}
	if err != nil {
		f.decide(f.report(err))
	}
	for _, r := range f.apps {
		f.settle(r)
	}
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
	f.alone = true
	f.look()
	for _, r := range f.apps {
		if r.known && !r.ended {
			r.ended = true
			f.orphaned(r)
			f.settle(r)
		}
	}
	return nil
}

// orphaned tells of an app that lives on although its keepers do not: both
// background processes were killed.
func (f *foreground) orphaned(r *resident) {
	apps, _, err := f.service.Apps(f.ctx, client.Query{})
	if err != nil {
		return
	}
	for _, a := range apps {
		for _, in := range a.Instances {
			if a.ID == r.id && a.Name == r.name && in.PID != 0 {
				r.fault = f.report(&failure{
					fmt.Errorf("app %q: forever's background processes were killed; it runs on without them (pid %d)", r.name, in.PID),
					"forever stop " + render.Word(r.name),
				})
				return
			}
		}
	}
}
