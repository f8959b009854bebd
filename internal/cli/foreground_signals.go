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
