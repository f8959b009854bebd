package supervisor

import (
	"fmt"
	"slices"
	"strings"

	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// heir is a process that is to be the instance's main one from now on: a
// daemon's child, or the next generation of a server that upgrades itself
// (MAINPID in sd_notify(3)).
type heir struct {
	pid  int
	said probe.Message // with which it was named
}

// leader is the process that we started, alive or not, which led the session.
func (in *instance) leader() pidfile.Process {
	if in.origin.PID != 0 {
		return in.origin
	}
	return in.proc
}

// still: the process of that life is there, or one that has taken its place.
func (in *instance) still(life int) bool { return in.life == life && in.proc.PID != 0 }

// hasRetired: the process has handed over, and speaks for itself alone.
func (in *instance) hasRetired(pid int) bool {
	return pid != 0 && pid != in.proc.PID && (pid == in.origin.PID || slices.Contains(in.retired, pid))
}

// mayHandOver: what is being stopped ends with its whole tree, whoever leads it.
func (in *instance) mayHandOver() bool { return in.state == Starting || in.state == Online }

// handOver looks whether the heir may be the instance's main process, and has the
// shim make it that. Until that is done nothing else is heard of the instance: the
// end of the old process, which may be near, is then not taken for the
// instance's, and what else the message says is of the heir.
func (in *instance) handOver(m probe.Message) {
	h := &heir{m.MainPID, m}
	in.heir = h
	s := in.app.s
	s.sweeper.Look(in.remains(in.proc), func(tree []proc.Entry) {
		s.post(func() { in.examine(h, tree) })
	})
}

// examine judges the heir by the tree of the instance's processes.
func (in *instance) examine(h *heir, tree []proc.Entry) {
	i := slices.IndexFunc(tree, func(e proc.Entry) bool { return e.PID == h.pid })
	switch {
	case !in.mayHandOver(): // it is being stopped since
		in.handedOver()
	case i < 0 && !lives(h.pid):
		in.refuseHeir(h, "there is no such process any more")
	case i < 0:
		in.refuseHeir(h, "that is no process of it")
	case in.isForeign(h.said.PID, tree):
		in.refuseHeir(h, fmt.Sprintf("process %d, which says so, is none of it", h.said.PID))
	default:
		in.promote(h, tree[i])
	}
}

// isForeign: whoever speaks lives, and not in the instance's tree. One that has
// ended since cannot be found any more; the kernel has told that its user may speak.
func (in *instance) isForeign(pid int, tree []proc.Entry) bool {
	return pid != 0 && pid != in.proc.PID && lives(pid) &&
		!slices.ContainsFunc(tree, func(e proc.Entry) bool { return e.PID == pid })
}

// lives: there is a process with that PID, and it has not ended.
func lives(pid int) bool {
	id, err := pidfile.Identify(pid)
	return err == nil && id.Alive()
}

// promote has the shim hold the heir in the place of the process before.
func (in *instance) promote(h *heir, e proc.Entry) {
	s := in.app.s
	of := wire.Origin{PID: in.proc.PID, Start: in.proc.Start}
	s.shimError(s.shim.Main(in.slot, e.PID, e.Start, of, func(m *wire.ShimMessage) {
		s.post(func() {
			if m.Error != "" {
				in.refuseHeir(h, m.Error)
				return
			}
			in.follow(e)
			in.handedOver()
		})
	}))
}

// follow goes on with the process that the shim holds now. The instance is the
// same, and so is its run. It is on disk soon, since whoever finds both background
// processes dead knows it by the file alone.
func (in *instance) follow(e proc.Entry) {
	s, before := in.app.s, in.proc
	first := in.leader()
	in.proc = pidfile.Process{PID: e.PID, Start: e.Start, Boot: s.boot}
	if in.origin = first; first == in.proc {
		in.origin = pidfile.Process{} // it has its own place back
	}
	in.noteRetired(before.PID)
	in.forgetHeir()
	if in.talk.quits { // so said the old one
		in.talk.quits = false
		in.endVigil()
		s.steer(in.app)
	}
	s.logf("%s: process %d has handed over to process %d (MAINPID)", in.label(), before.PID, e.PID)
	if !in.former { // else the file is another one's by now
		s.writePid(in)
	}
	in.tellLogs(e.PID)
	in.publish(nil)
	s.writer.write(nil)
}

// mostRetired bounds how many are remembered: more do not live side by side, and
// an old number may be another's some day.
const mostRetired = 8

func (in *instance) noteRetired(pid int) {
	if !slices.Contains(in.retired, pid) {
		in.retired = append(in.retired[max(len(in.retired)-mostRetired+1, 0):], pid)
	}
}

const heirNote = "MAINPID="

// forgetHeir forgets what was wrong with an heir: there is another.
func (in *instance) forgetHeir() {
	if in.mayHandOver() {
		in.blame = ""
	}
	if strings.HasPrefix(in.note, heirNote) {
		in.note = ""
	}
}

// refuseHeir leaves the instance to the process that it has. Where the heir has
// ended there is nobody who does its work: then it is a failure if this one ends
// before it has named another, or itself, whatever its exit code.
func (in *instance) refuseHeir(h *heir, why string) {
	in.note = fmt.Sprintf("%s%d is refused: %s", heirNote, h.pid, why)
	in.app.s.logf("%s: %s", in.label(), in.note)
	if !lives(h.pid) && in.mayHandOver() {
		in.blame = fmt.Sprintf("process %d, to which it has handed over (MAINPID), had ended already", h.pid)
	}
	in.handedOver()
}

// handedOver goes on with what has waited for the outcome.
func (in *instance) handedOver() {
	m := in.heir.said
	in.heir = nil
	in.app.s.changed()
	m.MainPID = 0
	in.notified(m)
	in.listenOn()
}
