package stats

import (
	"slices"

	"forever/internal/proc"
	"forever/internal/wire"
)

// look is one look at all processes.
type look struct {
	table *proc.Table
	err   error
}

func newLook() look {
	table, err := proc.Snapshot()
	return look{table, err}
}

// Ahead begins the look of the next Fill while its caller still has to hear which
// apps there are, which takes about as long. Where one of them has a process that
// this look has missed, Fill looks again.
func (s *Sampler) Ahead() {
	ahead := make(chan look, 1) // nobody need take it
	s.ahead = ahead
	go func() { ahead <- newLook() }()
}

// look is that of Ahead, or one of now.
func (s *Sampler) look(running []*wire.Instance) (*proc.Table, error) {
	ahead := s.ahead
	s.ahead = nil
	if ahead != nil {
		if l := <-ahead; l.err == nil && l.hasAll(running) {
			return l.table, nil
		}
	}
	l := newLook()
	return l.table, l.err
}

// hasAll tells whether the processes of all instances were there.
func (l look) hasAll(running []*wire.Instance) bool {
	return !slices.ContainsFunc(running, func(inst *wire.Instance) bool {
		_, ok := mainOf(l.table, inst)
		return !ok
	})
}
