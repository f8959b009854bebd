package supervisor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"forever/internal/clock"
	"forever/internal/probe"
	"forever/internal/wire"
)

// readiness is the wait for a process that is to be ready before it counts as
// online.
type readiness struct{ cancel context.CancelFunc }

func (in *instance) listenTimeout() time.Duration {
	if ms := in.app.spec.Policy.ListenTimeout; ms > 0 {
		return milliseconds(ms)
	}
	return defaultListenTimeout
}

// awaitReady begins to wait for the readiness that was asked for; false: none was.
func (in *instance) awaitReady() bool {
	spec := &in.app.spec
	if spec.Ready == "" {
		return false
	}
	r, err := probe.ParseReady(spec.Ready)
	if err != nil {
		in.note = err.Error() // refused when it came; a state file of another version
		return false
	}
	in.stopWaiting()
	in.arm(in.listenTimeout(), event{kind: Due})
	if r.Kind == probe.KindNotify || r.Kind == probe.KindMessage {
		return true // the program says it by itself
	}
	ctx, cancel := context.WithCancel(context.Background())
	in.waiting = &readiness{cancel}
	s, life, dial := in.app.s, in.life, in.dialer()
	check := func() {
		if r.Wait(ctx, dial) == nil {
			s.post(func() { in.saidReady(life) })
		}
	}
	if in.asksAnother() && r.Kind != probe.KindDelay {
		in.check = check
		return true
	}
	go check()
	return true
}

// asksAnother: the process is to take another one's place, which would answer for
// it, until it listens itself.
func (in *instance) asksAnother() bool {
	old := in.app.instance(in.index)
	return in.trial != nil && old != nil && len(old.bound) > 0 && in.app.s.reports(in.app) && !strings.HasPrefix(in.sharing, "not shared")
}

func (in *instance) stopWaiting() {
	if in.waiting != nil {
		in.waiting.cancel()
		in.waiting, in.check = nil, nil
	}
}

// saidReady: the process of that life is ready.
func (in *instance) saidReady(life int) {
	if in.still(life) {
		in.fire(event{kind: Ready})
	}
}

// becomeReady: what was asked for has come.
func (in *instance) becomeReady(event) {
	in.enter(Online)
	in.tried(nil)
}

// notReady: readiness has not come in time.
func (in *instance) notReady(event) {
	why := "not ready after " + clock.Format(in.listenTimeout())
	if in.talk.extended {
		why = "not ready within the time that it asked for"
	}
	in.fail(event{why: why})
}

// fail ends a process that runs and does not do what it is there for. That is a
// failure, whatever its exit code will be, and the restart policy goes on from
// there. It is on disk at once, or a supervisor that is replaced meanwhile would
// take the end for one that was meant.
func (in *instance) fail(ev event) {
	if in.proc.PID == 0 {
		return
	}
	in.blame = ev.why
	in.app.s.logf("%s: %s", in.label(), in.blame)
	in.enterWith(Stopping, &wire.Error{
		Code:    wire.CodeNotReady,
		Message: fmt.Sprintf("app %q: %s", in.label(), in.blame),
		Hint:    "forever logs " + in.app.word() + "; or forever stop " + in.app.word(),
	})
	in.after = afterPolicy
	in.app.s.writer.write(nil)
	in.ask(ev.stop)
}

// blameFailure makes a failure of the end of a process that failed before.
func (in *instance) blameFailure(x *wire.Exit) {
	if in.blame == "" {
		return
	}
	x.Blamed, x.Reason = true, in.blame+"; then "+x.Reason
	if x.Code == 0 {
		x.Code = 1
	}
	in.blame = ""
}
