package supervisor

import (
	"fmt"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
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
	in.after = afterStart
	in.ask(ev.stop)
}

// ask sends the stop signal and starts the kill timeout. The process is asked
// alone with its group; what left the group is seen to when it has ended.
func (in *instance) ask(how *wire.Stop) {
	in.setStop(how)
	in.signalGroup(in.stopSignal())
	in.arm(milliseconds(in.stopping.TimeoutMS), event{kind: KillDue})
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

// stopWhenBorn: the shim is starting it; it is stopped as soon as it is there.
func (in *instance) stopWhenBorn(ev event) {
	in.after = afterStop
	in.setStop(ev.stop)
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
	if ev.stop == nil || ev.stop.TimeoutMS < 0 || in.killed {
		return
	}
	deadline := in.app.s.clock.Now().Add(milliseconds(ev.stop.TimeoutMS))
	if deadline.Before(in.deadline) {
		in.deadline = deadline
		in.arm(milliseconds(ev.stop.TimeoutMS), event{kind: KillDue})
	}
}

// startAfterwards: it is stopping; it is to run again then.
func (in *instance) startAfterwards(event) { in.after = afterStart }

// kill: the kill timeout is over, or even SIGKILL has not helped.
func (in *instance) kill(event) {
	s := in.app.s
	if in.killed {
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
	if in.proc.PID != 0 && ev.exit.PID != in.proc.PID {
		return // an older one's end, told again
	}
	in.record(ev.exit)
	if ev.exit.Alone {
		in.gone(event{kind: Gone})
		return
	}
	in.clear()
}

// clear has the rest of the tree ended: what left the group or the session,
// or was forked twice. The time it has is what is left of the kill timeout.
func (in *instance) clear() {
	if in.deadline.IsZero() {
		in.setStop(nil)
	}
	in.sweepTree(in.exits[0].PID)
}

func (in *instance) sweepTree(main int) {
	s := in.app.s
	patience := max(in.deadline.Sub(s.clock.Now()), 0)
	if in.killed {
		patience = 0
	}
	r := Remains{
		Query: proc.Query{Main: main, Start: in.lastStart, Marks: in.marks(), Reaper: s.shimPID},
		Group: in.cgroup(), Signal: in.stopSignal(), Patience: patience,
	}
	in.sweeping = s.sweeper.Sweep(r, func(left []proc.Entry, killed bool) {
		s.post(func() {
			in.sweeping = nil
			if killed {
				s.logf("%s: processes were left behind and have been killed", in.label())
			}
			in.fire(event{kind: Gone, left: left})
		})
	})
}

// stuck: processes are left that SIGKILL does not end. It stays stopping, and
// the next command looks again.
func (in *instance) stuck(left []proc.Entry) {
	in.publish(&wire.Error{
		Code:    wire.CodeNotStopped,
		Message: fmt.Sprintf("app %q: %d processes do not die of SIGKILL, the first is %v", in.label(), len(left), left[0]),
	})
	in.arm(stuckTime, event{kind: Gone})
}
