//go:build unix

package shim

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

// updateTime is how long a new binary's supervisor may take until it serves.
const updateTime = 10 * time.Second

// update is a change of the binary that is under way: the old supervisor ends,
// one of the new binary is tried, and when it serves the shim follows.
type update struct {
	exe     string
	request string
	pid     int // the supervisor on trial; 0: the old one has not ended yet
	timer   *time.Timer
}

// updateResult is how the last update went, for the client that asks again.
type updateResult struct {
	Request string `json:"request"`
	Error   string `json:"error,omitempty"`
}

func (s *shim) beginUpdate(exe, request string) error {
	if s.update != nil {
		return errors.New("an update is under way already")
	}
	if err := unix.Access(exe, unix.X_OK); err != nil {
		return &os.PathError{Op: "execute", Path: exe, Err: err}
	}
	s.update, s.result = &update{exe: exe, request: request}, nil
	return nil
}

// supervisorExe is the binary of the next supervisor.
func (s *shim) supervisorExe() string {
	if s.update != nil {
		return s.update.exe
	}
	return selfExe
}

// watchUpdate puts the supervisor that was just started on trial.
func (s *shim) watchUpdate() {
	u := s.update
	if u == nil {
		return
	}
	u.pid = s.sup.pid
	u.timer = time.AfterFunc(updateTime, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.update == u && s.sup.pid == u.pid {
			s.logf("update: the new supervisor does not come up within %v", updateTime)
			_ = syscall.Kill(u.pid, syscall.SIGKILL) // our child, not reaped: it is it
		}
	})
}

// revertUpdate: the new binary's supervisor has ended, or could not be started.
// The old binary is in charge again.
func (s *shim) revertUpdate(why string) {
	u := s.update
	if u.timer != nil {
		u.timer.Stop()
	}
	s.update = nil
	s.result = &updateResult{u.request, fmt.Sprintf("%s did not come up (%s); the old binary is in charge again", u.exe, why)}
	s.sup.hasty = 0
	s.logf("update: %s", s.result.Error)
}

// updateReady: the supervisor serves. If it was on trial, the shim follows.
func (s *shim) updateReady() {
	u := s.update
	if u == nil || u.pid != s.sup.pid {
		return
	}
	u.timer.Stop()
	s.update, s.result = nil, &updateResult{Request: u.request}
	s.logf("update: %s is in charge", u.exe)
	if err := s.adoption().exec(u.exe); err != nil {
		// The new supervisor works with the old shim too: that is what the
		// versions of the messages are for.
		s.logf("update: the shim goes on with the old binary: %v", err)
	}
}

// addUpdateResult lets the next supervisor answer who asked for the update.
func (s *shim) addUpdateResult(hello *wire.ShimMessage) {
	switch {
	case s.update != nil:
		hello.Name = s.update.request
	case s.result != nil:
		hello.Name, hello.Error = s.result.Request, s.result.Error
	}
}

// adoption is what this shim leaves to its next life. The reader of the link
// stands between two messages.
func (s *shim) adoption() *adoption {
	a := &adoption{
		Root: s.root, Lock: int(s.lock.File().Fd()), Listener: s.listener,
		Held: s.held, Update: s.result,
		Supervisor: s.sup.pid, Link: s.sup.link.fd,
		Buffered: s.sup.link.buf, Rights: s.sup.link.rights,
	}
	for _, sl := range s.slots {
		m, read := sl.describe()
		as := adoptedSlot{ShimMessage: *m, Read: read}
		as.Plan = sl.plan // the supervisor may count on it
		for _, p := range sl.pipes {
			as.Write = append(as.Write, p.write)
		}
		a.Slots = append(a.Slots, as)
	}
	return a
}
