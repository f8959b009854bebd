package main

import (
	"slices"
	"time"
)

var idleSection = section{
	name: "idle", title: "all supervisor processes with 10 idle apps",
	notes: []string{
		"All supervisors side by side for the same 40 s, from 6 s after the last start on. The figures are means over that time.",
		"CPU time is that of all threads, to the nanosecond (schedstat); context switches are theirs as well.",
	},
	run: measureIdle,
}

// idler is a supervisor that is watched while nothing happens.
type idler struct {
	name   string
	one    *session
	pids   []int
	before activity
}

func measureIdle(l *lab, s *Section) error {
	var idlers []*idler
	defer func() {
		for _, i := range idlers {
			_ = i.one.close() // the run's end looks again
		}
	}()
	for _, k := range l.there() {
		i, err := l.idler(k)
		if i != nil {
			idlers = append(idlers, i)
		}
		if err != nil {
			s.trouble("%s: %v", k.Name, err)
		}
	}
	if err := l.pause(pick(l, 6*time.Second, 2*time.Second)); err != nil {
		return err
	}
	for _, i := range idlers {
		i.before = active(i.pids)
	}
	t := now()
	if err := l.pause(pick(l, 40*time.Second, 3*time.Second)); err != nil {
		return err
	}
	seconds := (now() - t).Seconds()
	for _, i := range idlers {
		tellIdle(s, i.name, active(i.pids).since(i.before), seconds)
	}
	return nil
}

// idler starts ten apps. Its processes are those that were not there before.
func (l *lab) idler(k *kind) (*idler, error) {
	one, err := l.open()
	if err != nil {
		return nil, err
	}
	i := &idler{name: k.Name, one: one}
	before, err := one.supervisors()
	if err != nil {
		return i, err
	}
	if _, _, err := one.begin(k.open(one), one.stays(0, 10)); err != nil {
		return i, err
	}
	if err := one.pause(time.Second); err != nil {
		return i, err
	}
	after, err := one.supervisors()
	i.pids = slices.DeleteFunc(after, func(pid int) bool { return slices.Contains(before, pid) })
	return i, err
}

func tellIdle(s *Section, name string, did activity, seconds float64) {
	s.add(Row{Key: "cpu", Label: "CPU", Unit: "ms per s"}, name, ms(did.cpu)/seconds)
	s.add(Row{Key: "switches", Label: "context switches", Unit: "per s"}, name, float64(did.voluntary+did.involuntary)/seconds)
	s.add(Row{Key: "voluntary", Label: "of these voluntary (wake-ups)", Unit: "per s"}, name, float64(did.voluntary)/seconds)
}
