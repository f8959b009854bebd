package shim

import (
	"fmt"
	"os"
	"slices"

	"forever/internal/proc"
	"forever/internal/wire"
)

// handOver makes a process the one of its slot, in the place of the one that it
// descends from (m.Origin), alive or not. That it does is the supervisor's to
// know. From now on only its end counts; were it to be in no slot, nobody would
// hear of that.
func (s *shim) handOver(m *wire.ShimMessage) (*wire.ShimMessage, []int) {
	sl, ok := s.slots[m.Slot]
	switch {
	case !ok || m.Origin == nil || !sl.isOf(*m.Origin):
		return done(fmt.Errorf("the process of slot %s is another by now", m.Slot)), nil
	case m.PID == os.Getpid() || m.PID == s.sup.pid:
		return done(fmt.Errorf("process %d is forever's own", m.PID)), nil
	case s.byPID[m.PID] != nil && s.byPID[m.PID] != sl:
		return done(fmt.Errorf("process %d is that of slot %s", m.PID, s.byPID[m.PID].key)), nil
	}
	h, err := proc.Open(m.PID, m.Start)
	if err != nil {
		return done(fmt.Errorf("hand over: %w", err)), nil
	}
	sl.vacate(*m.Origin)
	if sl.adopted != nil { // else it stays ours until it is reaped
		delete(s.byPID, sl.pid)
		sl.adopted.Close() // and so whoever waits for it ends
	}
	if sl.origin.PID == m.PID && sl.origin.Start == m.Start {
		sl.origin = nil // it takes its own place back
	}
	sl.pid, sl.start, sl.adopted, sl.order = m.PID, m.Start, h, nil
	s.byPID[sl.pid] = sl
	if isChild(sl.pid) {
		sl.adopted = nil
		h.Close()
	} else {
		go s.watchAdopted(sl, h)
	}
	return sl.describe()
}

// isOf tells whether the slot's process, or the last one that it had, is o.
func (sl *slot) isOf(o wire.Origin) bool {
	now := wire.Origin{PID: sl.pid, Start: sl.start}
	if n := len(sl.exits); sl.pid == 0 && n > 0 {
		now = wire.Origin{PID: sl.exits[n-1].PID, Start: sl.exits[n-1].Start}
	}
	return now.PID != 0 && now == o
}

// vacate takes the slot from its process, whose end, if it has come, was none of
// the slot's.
func (sl *slot) vacate(o wire.Origin) {
	if sl.pid == 0 {
		sl.exits = slices.Clone(sl.exits[:len(sl.exits)-1])
	}
	if sl.origin == nil {
		sl.origin = &o
	}
}
