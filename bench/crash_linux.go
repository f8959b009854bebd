package main

import (
	"fmt"
	"time"
)

var crashSection = section{
	name: "crash", title: "ten programs that fail at once, for 8 s",
	notes: []string{
		"Which number of starts is best is a matter of taste. CPU is that of a whole session, supervisor and programs, less that of a session without the crashing programs; commands do not count.",
		"npm's forever gives up after the first run, pm2 after 16, supervisord after 4. runit and s6 try every second. forever waits 100 ms, then twice as long each time up to 30 s, and never gives up.",
	},
	run: measureCrash,
}

// crashers is how many fail side by side.
const crashers = 10

func measureCrash(l *lab, s *Section) error {
	for _, k := range l.there() {
		without, _, err := l.costOf(s, k, false)
		if err != nil {
			return err
		}
		with, starts, err := l.costOf(s, k, true)
		if err != nil {
			return err
		}
		if starts > 0 {
			tellCrash(s, k, starts, with-without)
		}
	}
	return nil
}

// costOf is the CPU time of a whole session, with the crashing programs or
// without, and how often they were started.
func (l *lab) costOf(s *Section, k *kind, crash bool) (cpu time.Duration, starts int, err error) {
	before := l.consumed()
	err = l.with(s, k, func(one *session, p peer) error {
		if _, _, err := one.begin(p, one.stays(0, 1)); err != nil {
			return err
		}
		if err := one.pause(1500 * time.Millisecond); err != nil || !crash {
			return err
		}
		starts, err = one.crash(p)
		return err
	})
	return l.consumed() - before, starts, err
}

// crash lets the programs crash for a while and counts their starts.
func (s *session) crash(p peer) (starts int, err error) {
	if err := s.addCrashers(p); err != nil {
		return 0, err
	}
	if _, err := s.post.wait(crashers, 20*time.Second); err != nil {
		return 0, err
	}
	return crashers + len(s.post.collect(pick(s.lab, 8*time.Second, 2*time.Second))), nil
}

// addCrashers starts them one by one. That a start is answered with an error
// is right: the program has failed.
func (s *session) addCrashers(p peer) error {
	jobs := s.stays(0, 1)
	for i := range crashers {
		j := s.job(fmt.Sprintf("crasher%d", i), "crash")
		jobs = append(jobs, j)
		if err := p.prepare(jobs); err != nil {
			return err
		}
		if err := p.add(j); err != nil && s.ctx.Err() != nil {
			return err
		}
	}
	return nil
}

func tellCrash(s *Section, k *kind, starts int, cpu time.Duration) {
	s.add(Row{Key: "starts", Label: "starts", Neutral: true}, k.Name, float64(starts))
	total := Row{Key: "cpu", Label: "CPU in all", Unit: "ms", Neutral: true}
	each := Row{Key: "cpu_per_start", Label: "CPU per start", Unit: "ms"}
	if starts <= crashers {
		s.say(total, k.Name, "gave up")
		s.say(each, k.Name, "gave up")
		return
	}
	s.add(total, k.Name, ms(cpu))
	s.add(each, k.Name, ms(cpu)/float64(starts))
}
