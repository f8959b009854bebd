package main

import (
	"fmt"
	"time"
)

var crashSection = section{
	name: "crash", title: "ten programs that fail at once, for 15 s",
	notes: []string{
		"Which number of starts is best is a matter of taste. CPU is that of the supervisor and of all programs that it started meanwhile, in ticks of 10 ms.",
		"npm's forever gives up after the first run, pm2 after 16, supervisord after 4. runit and s6 try every second. forever waits 100 ms, then twice as long each time up to 30 s, and never gives up.",
	},
	run: measureCrash,
}

func measureCrash(l *lab, s *Section) error {
	return l.each(s, func(k *kind, one *session, p peer) error { return crashOf(s, k, one, p) })
}

// crashers is how many fail side by side: the more, the less do ticks matter.
const crashers = 10

// crashOf adds the crashing programs to one that stays.
func crashOf(s *Section, k *kind, one *session, p peer) error {
	if _, _, err := one.begin(p, one.stays(0, 1)); err != nil {
		return err
	}
	if err := one.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	before, err := one.supervisors()
	if err != nil {
		return err
	}
	cpu := spent(before, true)
	if err := one.addCrashers(p); err != nil {
		return err
	}
	if _, err := one.post.wait(crashers, 20*time.Second); err != nil {
		return err
	}
	starts := crashers + len(one.post.collect(pick(one.lab, 15*time.Second, 3*time.Second)))
	after, err := one.supervisors()
	if err != nil {
		return err
	}
	tellCrash(s, k, starts, spent(after, true)-cpu)
	return nil
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
