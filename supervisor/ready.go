package supervisor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

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
	s, pid := in.app.s, in.proc.PID
	go func() {
		if r.Wait(ctx) == nil {
			s.post(func() { in.saidReady(pid) })
		}
	}()
	return true
}

func (in *instance) stopWaiting() {
	if in.waiting != nil {
		in.waiting.cancel()
		in.waiting = nil
	}
}

// saidReady: process pid is ready.
func (in *instance) saidReady(pid int) {
	if in.proc.PID == pid {
		in.fire(event{kind: Ready})
	}
}

// becomeReady: what was asked for has come.
func (in *instance) becomeReady(event) {
	in.enter(Online)
	in.tried(nil)
}

// notReady: readiness has not come in time. That is a failure, and its end
// will be one, whatever the exit code is.
func (in *instance) notReady(event) {
	if in.proc.PID == 0 {
		return
	}
	in.late = fmt.Sprintf("not ready after %v", in.listenTimeout())
	in.app.s.logf("%s: %s", in.label(), in.late)
	in.enter(Stopping)
	in.after = afterPolicy
	in.ask(nil)
}

// blameLateness makes a failure of the end of a process that was not ready in time.
func (in *instance) blameLateness(x *wire.Exit) {
	if in.late == "" {
		return
	}
	x.Reason = in.late + "; then " + x.Reason
	if x.Code == 0 {
		x.Code = 1
	}
	in.late = ""
}

// notifyPath is the socket on which the instance's process says how it is.
func (in *instance) notifyPath() string {
	return filepath.Join(in.app.s.root, "notify", in.slotFile()+".sock")
}

// openNotify opens the instance's notification socket, if it asks for one. The
// shim keeps it, so that nothing is lost while a supervisor is replaced.
func (s *Supervisor) openNotify(in *instance) {
	if in.app.spec.Ready != probe.KindNotify || in.notify != nil {
		return
	}
	n, err := s.makeNotify(in)
	if err != nil {
		in.note = err.Error()
		s.logf("%s: %v", in.label(), err)
		return
	}
	in.notify = n
	go func() {
		for {
			m, err := n.Receive()
			if err != nil {
				return // closed
			}
			s.post(func() { in.notified(m) })
		}
	}()
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
	if m.Ready {
		in.saidReady(in.proc.PID)
	}
	if m.HasStatus && in.proc.PID != 0 {
		in.said = m.Status
	}
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
