//go:build unix

package shim

import (
	"context"
	"errors"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
)

// reap waits for children, ours and the orphans that come back to us, as long
// as the shim lives. The kernel wakes it, or, while there is no child at all,
// the birth of the next.
func (s *shim) reap() {
	for {
		if !waitForChild() {
			<-s.born
		}
		s.mu.Lock()
		s.reapAll()
		s.mu.Unlock()
	}
}

// childBorn wakes reap. It never blocks: one note is enough.
func (s *shim) childBorn() {
	select {
	case s.born <- struct{}{}:
	default:
	}
}

// reapAll collects every child that has ended. The lock is held.
func (s *shim) reapAll() {
	for s.reapOne(-1) {
	}
}

// reapOne collects a child, or any (-1), if it has ended. The lock is held.
func (s *shim) reapOne(which int) bool {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(which, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return false
		}
		s.ended(pid, status)
		return true
	}
}

func (s *shim) ended(pid int, status syscall.WaitStatus) {
	if pid == s.sup.pid {
		s.supervisorEnded(status)
		return
	}
	switch sl, ok := s.byPID[pid]; {
	case !ok: // an orphan of some program; it only had to be reaped
	case sl.pid != pid: // another has taken its place
		delete(s.byPID, pid)
	default:
		s.exited(sl, wire.ShimExit{Status: uint32(status), Known: true, Alone: sl.origin == nil && s.alone(pid)})
	}
}

// exited records the end of the slot's process, has a standing order followed,
// and tells of both.
func (s *shim) exited(sl *slot, e wire.ShimExit) {
	e.PID, e.Start = sl.pid, sl.start
	e.Began, e.At = span(sl.at, time.Now())
	delete(s.byPID, sl.pid)
	sl.pid, sl.start, sl.adopted = 0, 0, nil
	sl.exits = append(sl.exits, e)
	e.Next = s.follow(sl, &e)
	s.tell(&wire.ShimMessage{Op: wire.OpExit, Slot: sl.key, Exits: []wire.ShimExit{e}})
}

// span is a run as it is told to the supervisor: as long as it was, also where
// the clock was set meanwhile, which since does not know then.
func span(since, end time.Time) (began, ended time.Time) {
	ended = end.Round(0)
	if since.IsZero() {
		return since, ended
	}
	return ended.Add(-end.Sub(since)), ended
}

// alone tells whether the process that ended was the last of its group, and
// whether no orphan has come back to us: then nothing of it can be left. When
// in doubt it says no, and the supervisor searches.
func (s *shim) alone(pid int) bool {
	if !errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH) {
		return false
	}
	orphans, err := orphans()
	if err != nil {
		return false // the kernel does not tell
	}
	for _, c := range orphans {
		if _, ours := s.byPID[c]; !ours && c != s.sup.pid {
			return false
		}
	}
	return true
}

// watchAdopted waits for the end of the slot's process, h, which is not our child
// when it begins.
func (s *shim) watchAdopted(sl *slot, h *proc.Handle) {
	// Without a deadline the only error is that it cannot be waited for; then
	// it counts as ended, and the supervisor's search finds it if it lives.
	_ = h.Wait(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl.adopted == h && !s.reapOne(sl.pid) { // one whose parent has ended is our child by now
		status, known := h.ExitStatus()
		s.exited(sl, wire.ShimExit{Status: uint32(status), Known: known})
	}
	h.Close()
}
