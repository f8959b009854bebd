package supervisor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forever/internal/clock"
	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/wire"
)

// health is the checking of one process of an instance, from its being online
// on. The loop owns it; the checks themselves run beside it.
type health struct {
	in     *instance
	spec   string // what the app said when it began
	check  probe.Health
	seen   wire.Health
	timer  clock.Timer        // until the next check; nil: one is under way
	cancel context.CancelFunc // of the check under way; nil: none
}

// tendHealth brings the checks of an instance in line with what it is now.
func (in *instance) tendHealth() {
	spec := in.app.spec.Health
	if spec != "" && !in.serving() {
		spec = ""
	}
	if in.health != nil && in.health.spec != spec {
		in.endHealth()
	}
	if in.health == nil && spec != "" {
		in.beginHealth(spec)
	}
}

// serving: it is online, in its place and for longer. One on trial, one that is
// drained and one that says that it is about to end are not looked after.
func (in *instance) serving() bool {
	return in.state == Online && in.proc.PID != 0 && in.trial == nil && !in.former && !in.leaving && !in.talk.quits
}

// beginHealth has the first check come after an interval. Of a process that ran
// before we did it comes at once: the supervisor before may have been about to
// end it, or in the middle of a check.
func (in *instance) beginHealth(spec string) {
	check, err := probe.ParseHealth(spec)
	if err != nil {
		in.note = err.Error() // refused when it came; a state file of another version
		return
	}
	s := in.app.s
	h := &health{in: in, spec: spec, check: check, seen: wire.Health{Status: wire.HealthUnknown}}
	in.health = h
	switch {
	case !in.started.Before(s.since):
		h.arm(h.check.Interval)
	case check.Kind == probe.KindExec:
		s.sweeper.Sweep(in.remainsOfCheck(), func(Swept) { s.post(h.look) })
	default:
		h.look()
	}
}

// endHealth ends the checks, and one that is under way.
func (in *instance) endHealth() {
	h := in.health
	if h == nil {
		return
	}
	in.health = nil
	if h.timer != nil {
		h.timer.Stop()
	}
	if h.cancel != nil {
		h.cancel()
	}
}

func (h *health) arm(d time.Duration) {
	s := h.in.app.s
	h.timer = s.clock.AfterFunc(d, func() { s.post(h.look) })
}

// look has one check made, beside the loop, unless the checks have ended.
func (h *health) look() {
	in := h.in
	if in.health != h || h.cancel != nil {
		return
	}
	s := in.app.s
	ctx, cancel := context.WithCancel(context.Background())
	h.timer, h.cancel = nil, cancel
	subject, remains := in.subject(), in.remainsOfCheck()
	go func() {
		defer cancel()
		err := s.Check(ctx, h.check, subject)
		told := func(Swept) { s.post(func() { h.found(err) }) }
		if h.check.Kind == probe.KindExec && errors.Is(err, context.DeadlineExceeded) {
			s.sweeper.Sweep(remains, told) // what has left its group ends, too
			return
		}
		told(Swept{})
	}()
}

// found takes the result of a check, which counts only as long as it is the
// same process that is checked.
func (h *health) found(err error) {
	in := h.in
	if in.health != h {
		return
	}
	h.cancel = nil
	before := h.seen
	h.judge(err)
	if h.seen.Failures >= h.check.Retries {
		in.fire(event{kind: Failing, why: fmt.Sprintf("unhealthy: %s (%s)", h.seen.Reason, times(h.seen.Failures))})
		return
	}
	h.arm(h.check.Interval)
	if h.seen.Status != before.Status || h.seen.Failures != before.Failures {
		in.app.s.steer(in.app)
		in.publish(nil)
		in.app.s.changed()
	}
}

// judge counts. In the start period a failure says nothing, until a check has
// succeeded.
func (h *health) judge(err error) {
	in := h.in
	now := in.app.s.clock.Now()
	h.seen.CheckedAt = wire.Moment{Time: now}
	switch {
	case err == nil:
		in.wasWell = true
		h.seen.Status, h.seen.Failures, h.seen.Reason = wire.HealthGood, 0, ""
	case !in.wasWell && now.Sub(in.started) < h.check.StartPeriod:
		h.seen.Reason = err.Error()
	default:
		h.seen.Status, h.seen.Reason = wire.HealthBad, err.Error()
		h.seen.Failures++
		if h.seen.Failures == 1 {
			in.app.s.logf("%s: unhealthy: %s", in.label(), h.seen.Reason)
		}
	}
}

// well: nothing speaks against giving it new connections.
func (in *instance) well() bool {
	return !in.talk.quits && (in.health == nil || in.health.seen.Failures == 0)
}

// subject is the instance as a check sees it: a command runs as the program does,
// but has no part in what the program is told and says.
func (in *instance) subject() probe.Subject {
	spec := &in.app.spec
	subject := probe.Subject{Env: append(in.surroundings(nil), in.checkMark()), Dir: spec.Cwd, Dial: in.dialer()}
	if u := spec.User; u != nil {
		subject.User = &probe.User{UID: u.UID, GID: u.GID, Groups: u.Groups}
	}
	return subject
}

// varCheck is in the environment of what a check has started, and tells that from
// the program's own processes.
const varCheck = "FOREVER_CHECK"

func (in *instance) checkMark() string { return varCheck + "=" + in.slot }

// remainsOfCheck describes what a check has started and not ended; no patience
// is had with it.
func (in *instance) remainsOfCheck() Remains {
	return Remains{Query: proc.Query{Start: in.leader().Start, Marks: append(in.marks(), in.checkMark()), Reaper: in.app.s.shimPID}}
}
