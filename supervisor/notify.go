package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forever/internal/probe"
)

// talk is what a process has said of itself, in the way of sd_notify(3).
type talk struct {
	said     string        // STATUS
	reloads  bool          // RELOADING, and no READY since
	quits    bool          // STOPPING
	extended bool          // EXTEND_TIMEOUT_USEC, while it was starting
	dogEvery time.Duration // WATCHDOG_USEC; 0: as the app has it
}

// speaks: its programs are told where to say how they are.
func (a *app) speaks() bool {
	return a.spec.Ready == probe.KindNotify || a.spec.WatchdogMS > 0
}

// notifyPath is the socket on which the instance's process says how it is.
// For another user's program it has no path but a name alone, which anybody may
// speak to; who does, the kernel tells.
func (in *instance) notifyPath() string {
	if _, ok := in.stranger(); ok {
		return "@forever-" + GroupsName(in.app.s.root) + "-" + in.slotFile()
	}
	return filepath.Join(in.app.s.root, "notify", in.slotFile()+".sock")
}

// stranger tells whether the program runs as somebody who may not enter our
// folders, and who that is.
func (in *instance) stranger() (uid int, ok bool) {
	u := in.app.spec.User
	if u == nil || u.UID == os.Geteuid() {
		return 0, false
	}
	return u.UID, true
}

// openNotify opens the instance's notification socket, if it asks for one. The
// shim keeps it, so that nothing is lost while a supervisor is replaced.
func (s *Supervisor) openNotify(in *instance) {
	if !in.app.speaks() || in.notify != nil {
		return
	}
	n, err := s.makeNotify(in)
	if err != nil {
		in.note = err.Error()
		s.logf("%s: %v", in.label(), err)
		return
	}
	in.notify = n
	if uid, ok := in.stranger(); ok {
		n.Trust(uint32(uid))
	}
	go s.listenNotify(in, n)
}

// listenNotify has the loop read what is said, until the socket is closed. To
// read is left to the loop, so that it can do so at once where that matters.
func (s *Supervisor) listenNotify(in *instance, n *probe.Notify) {
	for n.Wait() == nil {
		heard := make(chan struct{})
		s.post(func() { in.whenHeard(func() { close(heard) }) })
		select {
		case <-heard:
		case <-s.done:
			return
		}
	}
}

// whenHeard has f done when all has been heard that the instance's processes have
// said until now: at once, unless its process is being made or hands over.
func (in *instance) whenHeard(f func()) {
	if in.notify == nil {
		f()
		return
	}
	in.unheard = append(in.unheard, f)
	in.listenOn()
}

// listenOn hears what was said, and does what has waited for that.
func (in *instance) listenOn() {
	for !in.deaf() {
		in.hear()
		if in.deaf() || len(in.unheard) == 0 {
			return
		}
		f := in.unheard[0]
		in.unheard = in.unheard[1:]
		f()
	}
}

// deaf: what is said now is of a process that is not known yet.
func (in *instance) deaf() bool { return in.unborn || in.heir != nil }

// hear reads what is there, but not for ever: a program that says more than can be
// heard must not keep the loop from all else.
func (in *instance) hear() {
	for range probe.MostQueued {
		if in.notify == nil || in.deaf() {
			return
		}
		m, ok := in.notify.Next()
		if !ok {
			return
		}
		in.notified(m)
	}
}

func (s *Supervisor) makeNotify(in *instance) (*probe.Notify, error) {
	name := in.slot + "/notify"
	if f, err := s.shim.Held(name); err == nil {
		return probe.OpenNotify(f)
	}
	if err := os.MkdirAll(filepath.Dir(in.notifyPath()), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of notification sockets: %w", err)
	}
	n, err := probe.ListenNotify(in.notifyPath())
	if err != nil {
		return nil, err
	}
	f, err := n.File()
	if err == nil {
		err = s.shim.Put(name, f, nil)
	}
	if err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// notified: a process of the instance says something of itself.
func (in *instance) notified(m probe.Message) {
	switch {
	case in.proc.PID == 0:
		return
	case in.mayHandOver() && m.MainPID > 0 && m.MainPID != in.proc.PID:
		in.handOver(m)
		return
	case m.MainPID == in.proc.PID:
		in.forgetHeir()
	}
	said := in.says()
	if m.Ready {
		in.talk.reloads = false
		in.saidReady(in.life)
	}
	if m.HasStatus {
		in.talk.said = m.Status
	}
	if m.Reloading {
		in.talk.reloads = true
	}
	if in.says() != said {
		in.publish(nil)
	}
	if m.Watchdog && !in.hasRetired(m.PID) {
		in.alive()
	}
	if in.owns(m.PID) { // what it says last of all may be read when another lives here
		in.declared(&m)
	}
	if m.ExtendTimeout > 0 {
		in.extend(m.ExtendTimeout)
	}
}

// declared: it says what has consequences for as long as it lives.
func (in *instance) declared(m *probe.Message) {
	if m.WatchdogInterval > 0 {
		in.promise(m.WatchdogInterval)
	}
	switch {
	case m.WatchdogFailed:
		in.bite("unhealthy: it said so (WATCHDOG=trigger)")
	case m.Stopping:
		in.quit()
	}
}

// says is what a person should know of what the program says.
func (in *instance) says() string {
	var words []string
	if in.talk.quits {
		words = append(words, "about to end")
	}
	if in.talk.reloads {
		words = append(words, "reads its configuration anew")
	}
	if in.talk.said != "" {
		words = append(words, in.talk.said)
	}
	return strings.Join(words, "; ")
}

// closeNotify lets go of the socket.
func (s *Supervisor) closeNotify(in *instance) {
	if in.notify == nil {
		return
	}
	in.notify.Close()
	in.notify = nil
	s.shimError(s.shim.Drop(in.slot + "/notify"))
	_ = probe.RemoveNotify(in.notifyPath()) // one that stays is replaced
}
