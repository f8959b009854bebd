package supervisor

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"forever/internal/clock"
	"forever/internal/stats"
	"forever/internal/wire"
)

// measureEvery is how often the memory of apps that have a limit is looked at.
const measureEvery = 3 * time.Second

// measuring is that look: one timer for all such apps, and none while none runs.
type measuring struct {
	timer  clock.Timer
	busy   bool  // it looks
	failed error // the last look
}

// limited: its memory is to be looked at.
func (a *app) limited() bool {
	return a.spec.Policy.MaxMemory > 0 &&
		slices.ContainsFunc(a.instances, func(in *instance) bool { return in.state == Online })
}

func (s *Supervisor) tendMemory() {
	m := &s.memory
	wanted := slices.ContainsFunc(s.apps, (*app).limited)
	switch {
	case wanted && m.timer == nil && !m.busy:
		m.timer = s.clock.AfterFunc(measureEvery, func() { s.post(s.measure) })
	case !wanted && m.timer != nil:
		m.timer.Stop()
		m.timer = nil
	}
}

// measure looks once, beside the loop: it reads of every process of the system.
func (s *Supervisor) measure() {
	m := &s.memory
	if m.timer == nil {
		return // stopped too late
	}
	m.timer = nil
	var apps []wire.App
	for _, a := range s.apps {
		if a.limited() {
			apps = append(apps, a.snapshot())
		}
	}
	m.busy = true
	go func() {
		err := s.Measure(apps)
		s.post(func() {
			m.busy = false
			s.measured(apps, err)
			s.tendMemory()
		})
	}()
}

// measured replaces the instances that have grown over their limit.
func (s *Supervisor) measured(apps []wire.App, err error) {
	if m := &s.memory; err != nil && (m.failed == nil || m.failed.Error() != err.Error()) {
		s.logf("%v", err)
	}
	s.memory.failed = err
	for i := range apps {
		a := s.byUID(apps[i].UID)
		for _, seen := range apps[i].Instances {
			if a != nil {
				a.outgrown(&seen)
			}
		}
	}
}

func (a *app) outgrown(seen *wire.Instance) {
	limit := a.spec.Policy.MaxMemory
	in := a.instance(seen.Index)
	if limit == 0 || int64(seen.MemoryBytes) <= limit || in == nil || in.state != Online || in.proc.PID != seen.PID {
		return
	}
	in.reloadFor(fmt.Sprintf("memory %s over %s", size(int64(seen.MemoryBytes)), size(limit)))
}

// size writes bytes as --max-memory-restart takes them.
func size(n int64) string {
	unit := ""
	f := float64(n)
	for _, next := range []string{"K", "M", "G", "T"} {
		if f < 1024 {
			break
		}
		f, unit = f/1024, next
	}
	if f < 10 && f != float64(int64(f)) {
		return strconv.FormatFloat(f, 'f', 1, 64) + unit
	}
	return strconv.FormatFloat(f, 'f', 0, 64) + unit
}

// systemMemory asks the system.
func systemMemory(apps []wire.App) error { return stats.Fill(apps, stats.Options{Memory: true}) }
