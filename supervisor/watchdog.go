package supervisor

import (
	"fmt"
	"time"

	"forever/internal/clock"
	"forever/internal/wire"
)

// vigil is the wait for a sign of a process: that it lives, or, when it has said
// that it is about to end, that it does.
type vigil struct {
	timer clock.Timer
	until time.Time
	quits bool // it waits for the end
}

// watchdog is the time within which the process has to say that it is well; 0:
// it need not.
func (in *instance) watchdog() time.Duration {
	if in.talk.dogEvery > 0 {
		return in.talk.dogEvery
	}
	return milliseconds(in.app.spec.WatchdogMS)
}

// tendVigil brings the wait in line with what the instance is now.
func (in *instance) tendVigil() {
	switch {
	case in.vigil != nil && in.vigil.quits:
	case !in.serving() || in.watchdog() == 0:
		in.endVigil()
	case in.vigil == nil:
		in.keepVigil(in.watchdog(), false)
	}
}

// keepVigil waits anew.
func (in *instance) keepVigil(d time.Duration, quits bool) {
	in.endVigil()
	s := in.app.s
	v := &vigil{until: s.clock.Now().Add(d), quits: quits}
	in.vigil = v
	v.timer = s.clock.AfterFunc(d, func() {
		s.post(func() {
			if in.vigil == v { // else it was stopped too late
				in.silent(d)
			}
		})
	})
}

func (in *instance) endVigil() {
	if in.vigil != nil {
		in.vigil.timer.Stop()
		in.vigil = nil
	}
}

// silent: the sign has not come within d.
func (in *instance) silent(d time.Duration) {
	if in.vigil.quits {
		in.fire(event{kind: Failing, why: fmt.Sprintf("said that it was about to end (STOPPING=1), and has not after %v", d)})
		return
	}
	in.bite(fmt.Sprintf("unhealthy: no WATCHDOG=1 for %v", d))
}

// bite ends a process as systemd's watchdog does: by a signal that leaves a trace
// of where it hangs.
func (in *instance) bite(why string) {
	in.fire(event{kind: Failing, why: why, stop: &wire.Stop{Signal: "SIGABRT", TimeoutMS: -1}})
}

// alive: the process says that it is well. It may do so before anybody asks.
func (in *instance) alive() {
	if !in.wasWell {
		in.wasWell = true
		in.app.s.changed()
	}
	if in.serving() && in.watchdog() > 0 {
		in.keepVigil(in.watchdog(), false)
	}
}

// promise: the process will say so within d from now on.
func (in *instance) promise(d time.Duration) {
	in.talk.dogEvery = d
	in.app.s.changed() // whoever supervises it next has to know
	if in.serving() {
		in.keepVigil(d, false)
	}
}

// quit: the process says that it is about to end. It gets nothing new, and as
// long for it as if it had been asked.
func (in *instance) quit() {
	if in.talk.quits || in.state != Online {
		return
	}
	in.talk.quits = true
	in.keepVigil(milliseconds(in.app.spec.Stop.TimeoutMS), true)
	in.app.s.steer(in.app)
	in.publish(nil)
}

// extend: the process asks for so much more time, from now on, to start or to end.
func (in *instance) extend(d time.Duration) {
	until := in.app.s.clock.Now().Add(d)
	switch {
	case in.talk.quits && in.vigil != nil && in.vigil.until.Before(until):
		in.keepVigil(d, true)
	case in.timer == nil || !in.wakes.Before(until) || in.proc.PID == 0:
	case in.state == Starting:
		in.talk.extended = true
		in.arm(d, event{kind: Due})
	case in.state == Stopping && !in.killed:
		in.deadline = until
		in.arm(d, event{kind: KillDue})
	}
}
