package supervisor

import (
	"encoding/json"
	"fmt"
	"syscall"
	"time"

	"forever/internal/ipc"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// stuckTime is how long a process may take to die of SIGKILL before that is
// told. It may: one in uninterruptible sleep dies when the kernel lets it.
const stuckTime = 5 * time.Second

// stop asks the instance's process group to end.
func (in *instance) stop(ev event) {
	in.after = afterStop
	in.ask(ev.stop)
}

// stopThenStart is stop with a start to follow.
func (in *instance) stopThenStart(ev event) {
	in.after, in.cause = afterStart, ev.why
	in.ask(ev.stop)
}

// ask sends the stop signal to the process group and starts the kill timeout.
// What left the group is seen to when the first process has ended; what it is
// is found out before, where no cgroup would tell later.
func (in *instance) ask(how *wire.Stop) {
	in.setStop(how)
	in.arm(milliseconds(in.stopping.TimeoutMS), event{kind: KillDue})
	s := in.app.s
	if s.groups != nil {
		in.sayStop()
		return
	}
	life := in.life
	s.sweeper.Look(in.remains(in.proc), func(known []proc.Entry) {
		s.post(func() {
			if in.still(life) {
				in.known = known
				in.sayStop()
			}
		})
	})
}

// sayStop asks the program to end: by the stop signal, or over its channel.
func (in *instance) sayStop() {
	defer in.resume()
	if in.app.spec.Stop.Message && in.channel != nil && in.channel.Send(json.RawMessage(ipc.Shutdown)) == nil {
		return
	}
	in.signalGroup(in.stopSignal())
}

func (in *instance) setStop(how *wire.Stop) {
	in.stopping = in.app.spec.Stop
	if how != nil && how.Signal != "" {
		in.stopping.Signal = how.Signal
	}
	if how != nil && how.TimeoutMS >= 0 {
		in.stopping.TimeoutMS = how.TimeoutMS
	}
	in.deadline = in.app.s.clock.Now().Add(milliseconds(in.stopping.TimeoutMS))
}

// stopSignal: a spec with a signal that is none was refused when it came.
func (in *instance) stopSignal() syscall.Signal {
	sig, err := proc.ParseSignal(in.stopping.Signal)
	if err != nil {
		return syscall.SIGTERM
	}
	return sig
}

func (in *instance) signalGroup(sig syscall.Signal) {
	s := in.app.s
	err := s.shim.Signal(in.slot, sig, true, func(m *wire.ShimMessage) {
		if m.Error != "" && syscall.Errno(m.Errno) != syscall.ESRCH {
			s.logf("signal %s with %s: %s", in.label(), proc.SignalName(sig), m.Error)
		}
	})
	s.shimError(err)
}

// stopWhenBorn: it is starting. If the shim is still at it, it is stopped as
// soon as it is there.
func (in *instance) stopWhenBorn(ev event) {
	in.after = afterStop
	if in.proc.PID != 0 {
		in.ask(ev.stop)
		return
	}
	in.setStop(ev.stop)
}

// restartWhenBorn: what is there, and not ready yet, is replaced. If the shim is
// still at it, that is replaced as soon as it is there: it may run already, with
// the old environment, or have read a file before it changed.
func (in *instance) restartWhenBorn(ev event) {
	if in.proc.PID != 0 {
		in.enter(Stopping)
		in.stopThenStart(ev)
		return
	}
	if in.after == afterPolicy || ev.why == "" { // a user's command counts more than a reason of ours
		in.after, in.cause = afterStart, ev.why
		in.setStop(ev.stop)
	}
}

// bornToRestart: what was asked for while it was being made comes now.
func (in *instance) bornToRestart() bool {
	if in.after != afterStart {
		return false
	}
	in.enter(Stopping)
	how := in.stopping
	in.ask(&how)
	return true
}

// endedEarly: it has ended before it was ready; or an older process has, whose
// successor is still on its way.
func (in *instance) endedEarly(ev event) {
	if in.proc.PID != 0 && in.proc.PID == ev.exit.PID {
		in.ended(ev)
	}
}

// bornToStop: a process came that is not wanted any more.
func (in *instance) bornToStop(ev event) {
	in.born(ev.msg)
	how := in.stopping
	in.ask(&how)
}

// stopForGood: it is stopping already. What was to come after it does not, and
// a shorter timeout counts: "kill it now" of a second Ctrl-C.
func (in *instance) stopForGood(ev event) {
	in.after = afterStop
	in.tellAgain()
	if ev.stop == nil || ev.stop.TimeoutMS < 0 || in.killed {
		return
	}
	deadline := in.app.s.clock.Now().Add(milliseconds(ev.stop.TimeoutMS))
	if !deadline.Before(in.deadline) {
		return
	}
	in.deadline, in.stopping.TimeoutMS = deadline, ev.stop.TimeoutMS
	if !in.unborn { // else it has this time from its birth on
		in.arm(milliseconds(ev.stop.TimeoutMS), event{kind: KillDue})
	}
}

// startAfterwards: it is stopping; it is to run again then.
func (in *instance) startAfterwards(ev event) {
	in.after, in.cause = afterStart, ev.why
	in.tellAgain()
}

// tellAgain: what does not die of SIGKILL has been told to who waited then; who
// asks now waits as long and is told again.
func (in *instance) tellAgain() {
	if in.killed && in.proc.PID != 0 && in.timer == nil {
		in.arm(stuckTime, event{kind: KillDue})
	}
}

// kill: the kill timeout is over, or even SIGKILL has not helped.
func (in *instance) kill(event) {
	s := in.app.s
	switch {
	case in.proc.PID == 0 && in.sweeping == nil:
		in.sweepTree() // stuck before; perhaps not any more
		return
	case in.killed:
		in.publish(&wire.Error{
			Code:    wire.CodeNotStopped,
			Message: fmt.Sprintf("app %q: process %d does not die of SIGKILL; it waits in the kernel, perhaps for a disk", in.label(), in.proc.PID),
		})
		return
	}
	in.killed = true
	s.logf("%s: still there after %v; sending SIGKILL", in.label(), milliseconds(in.stopping.TimeoutMS))
	in.publish(nil)
	if in.proc.PID != 0 {
		in.signalGroup(syscall.SIGKILL)
	}
	if in.sweeping != nil {
		in.sweeping.hurry()
	}
	in.arm(stuckTime, event{kind: KillDue})
}

// sweep: its process has ended while it was being stopped.
func (in *instance) sweep(ev event) {
	if ev.exit.PID != in.proc.PID {
		return // an older one's end, told again
	}
	in.record(ev.exit)
	switch {
	case ev.exit.Next != nil:
		in.succeededLate(ev.exit.Next)
	case ev.exit.Alone:
		in.gone(event{kind: Gone})
	default:
		in.clear()
	}
}

// clear has the rest of the tree ended: what left the group or the session,
// or was forked twice. The time it has is what is left of the kill timeout.
func (in *instance) clear() {
	in.removePid()
	if in.deadline.IsZero() {
		in.setStop(nil)
	}
	in.sweepTree()
}

func (in *instance) sweepTree() {
	s := in.app.s
	r := in.remains(in.last)
	if r.Patience = max(in.deadline.Sub(s.clock.Now()), 0); in.killed {
		r.Patience = 0
	}
	in.sweeping = s.sweeper.Sweep(r, func(swept Swept) {
		s.post(func() {
			in.sweeping = nil
			if swept.Killed {
				s.logf("%s: processes were left behind and have been killed", in.label())
				in.group, in.planned = "", false // a new cgroup: see groupFolder
			}
			in.fire(event{kind: Gone, swept: swept})
		})
	})
}

// remains describes the instance's processes, with its main one.
func (in *instance) remains(main pidfile.Process) Remains {
	return Remains{
		Query: proc.Query{
			Main: main.PID, Start: main.Start, Marks: in.marks(), Reaper: in.app.s.shimPID, Known: in.known,
		},
		Origin: in.origin, Group: in.cgroup(), Signal: in.stopSignal(),
	}
}

// stuck: processes are left that SIGKILL does not end, or it cannot be seen
// whether any are. It stays stopping, and after a while it is looked at again.
func (in *instance) stuck(swept Swept) {
	err := &wire.Error{Code: wire.CodeNotStopped}
	if swept.Err != nil {
		err.Message = fmt.Sprintf("app %q: cannot see what is left of it: %v", in.label(), swept.Err)
	} else {
		err.Message = fmt.Sprintf("app %q: %d of its processes do not die of SIGKILL, the first is %v",
			in.label(), len(swept.Left), swept.Left[0])
	}
	in.app.s.logf("%s", err.Message)
	in.publish(err)
	in.arm(stuckTime, event{kind: KillDue})
}
