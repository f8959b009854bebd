package cli

import (
	"errors"
	"os"
	"strconv"

	"forever/internal/wire"
)

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
	f.toAll("signal", wire.TargetRequest{Signal: signalText(sig)})
}

// restart starts all of our apps anew.
func (f *foreground) restart() {
	if f.asked == 0 {
		f.toAll("restart", wire.TargetRequest{})
	}
}

// toAll carries out an action on all of our apps. One whose id is not known yet
// may run already, and print: it is owed the action until then.
func (f *foreground) toAll(action string, r wire.TargetRequest) {
	var targets []string
	for _, a := range f.apps {
		switch {
		case a.ended:
		case a.known:
			targets = append(targets, strconv.Itoa(a.id))
		default:
			a.owed = append(a.owed, debt{action, r})
		}
	}
	if len(targets) > 0 {
		r.Targets = targets
		f.send(action, r, actDone)
	}
}

// payUp carries out what an app is owed.
func (f *foreground) payUp(a *resident) {
	owed := a.owed
	if a.owed = nil; a.ended {
		return
	}
	for _, d := range owed {
		d.request.Targets = []string{strconv.Itoa(a.id)}
		f.send(d.action, d.request, actDone)
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
	if err == nil {
		return // the watch tells how they ended
	}
	code := f.report(err)
	f.alone = true // a farewell would wait for the same
	for _, r := range f.apps {
		r.ended = r.ended || r.known
	}
	f.decide(code)
}
