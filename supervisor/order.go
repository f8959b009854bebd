package supervisor

import (
	"forever/internal/wire"
)

// stand gives the shim a standing order for the instance's process, if it is one
// that would be started anew at once and in the same way after a failure: then
// nothing is left to be decided at its end, and the shim need not ask.
func (in *instance) stand() {
	if in.standing || !in.predictable() {
		return
	}
	in.standing = true
	p := &in.app.spec.Policy
	in.app.s.shimError(in.app.s.shim.Stand(in.slot, in.proc.PID, &wire.Order{
		MinUptimeMS: p.MinUptimeMS, Always: p.Restart == wire.RestartAlways, SuccessCodes: p.SuccessCodes,
		Note: encodeCounters(counters{in.runs + 1, in.restarts + 1, 0, in.reload}),
	}))
}

// standDown withdraws the order. The shim may have followed it already; then the
// news of that is on its way.
func (in *instance) standDown() {
	if in.standing {
		in.standing = false
		in.app.s.shimError(in.app.s.shim.Stand(in.slot, 0, nil))
	}
}

// predictable tells whether judge would say "at once" after a failure that
// follows a long enough run, and whether the next process needs nothing that is
// made for it alone.
func (in *instance) predictable() bool {
	spec := &in.app.spec
	p := &spec.Policy
	switch {
	case in.state != Online || in.proc.PID == 0 || in.trial != nil || in.former || in.leaving:
		return false
	case !in.planned || in.renew || in.app.desired != wire.DesiredRunning:
		return false
	case p.Restart == wire.RestartNever || p.RestartDelay > 0 || p.MaxRuns > 0 && in.runs >= p.MaxRuns:
		return false
	case spec.Ready != "" || spec.Channel || in.notify != nil || in.origin.PID != 0 || in.app.shares():
		return false
	}
	return spec.Output.Type != wire.LogJSON // its lines bear the process's PID
}

// succeeded: a standing order has put another process in the place of the one
// that has ended. What the policy would have counted is counted.
func (in *instance) succeeded(next *wire.Successor) {
	in.standing = false // it was for one restart
	if in.former {      // it lost its place while the order was followed
		in.enter(Stopping)
		in.born(newborn(next))
		in.ask(nil)
		return
	}
	in.enter(Starting)
	in.restarts++
	in.begun()
	in.executed(event{msg: newborn(next)})
}

// succeededLate: the order was followed just before it was withdrawn, and what
// came of it is to end like the process before.
func (in *instance) succeededLate(next *wire.Successor) {
	in.killed = false
	in.bornToStop(event{msg: newborn(next)})
}

func newborn(next *wire.Successor) *wire.ShimMessage {
	return &wire.ShimMessage{PID: next.PID, Start: next.Start, At: next.At, Warning: next.Warning}
}
