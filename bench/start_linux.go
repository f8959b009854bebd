package main

import (
	"fmt"
	"os/exec"
	"time"
)

var startSection = section{
	name: "start", title: "how long commands take",
	notes: []string{
		"Answer: until the command returns. Runs: until the program itself says so, in its first instructions.",
		"Cold: nothing of the supervisor runs yet. runit's and s6's first command is the supervisor itself and does not return.",
		"Start of 100 is one command with one file for forever, npm's forever, pm2 and supervisord, and 100 links for runit and s6.",
		"npm's forever gets one round of 100.",
		"limit is a bare fork and exec of the same program, and for list and the answers /bin/true run to its end.",
	},
	run: measureStart,
}

// startRow makes the rows of this section.
func startRow(key, label string) Row { return Row{Key: key, Label: label, Unit: "ms"} }

func measureStart(l *lab, s *Section) error {
	if err := l.repeat(pick(l, 4, 1), 30*time.Second, func(int) error {
		return l.each(s, func(k *kind, one *session, p peer) error { return coldStart(s, k, one, p) })
	}); err != nil {
		return err
	}
	if err := l.each(s, func(k *kind, one *session, p peer) error { return warmStart(s, k, one, p) }); err != nil {
		return err
	}
	if err := l.alone(s, Limit, func(one *session) error { return startLimit(s, one) }); err != nil {
		return err
	}
	return l.repeat(pick(l, 3, 1), 80*time.Second, func(round int) error {
		return l.each(s, func(k *kind, one *session, p peer) error {
			if k.most < 500 && (round > 0 || l.quick) {
				return nil // it takes half a minute
			}
			return hundred(s, k, one, p, round == 0)
		})
	})
}

func coldStart(s *Section, k *kind, one *session, p peer) error {
	command, running, err := one.begin(p, one.stays(0, 1))
	if err != nil {
		return err
	}
	if !k.detached {
		s.add(startRow("cold_cli", "cold start, answer"), k.Name, ms(command))
	}
	s.add(startRow("cold_app", "cold start, runs"), k.Name, ms(running))
	return nil
}

// warmStart adds programs to one that runs, and lists while there is one.
func warmStart(s *Section, k *kind, one *session, p peer) error {
	n := pick(one.lab, 21, 4)
	jobs := one.stays(0, n+1)
	if _, _, err := one.begin(p, jobs[:1]); err != nil {
		return err
	}
	// supervisord's list would show, and its update would wait for, the second
	// of its startsecs.
	if err := one.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	if err := listOf(s, k, one, p, 1); err != nil {
		return err
	}
	return one.repeat(n, pick(one.lab, 8*time.Second, 2*time.Second), func(i int) error {
		if err := p.prepare(jobs[:i+2]); err != nil {
			return err
		}
		command, running, err := one.timed(1, func() error { return p.add(jobs[i+1]) })
		if err != nil {
			return err
		}
		if !k.linked {
			s.add(startRow("warm_cli", "warm start of one more, answer"), k.Name, ms(command))
		}
		s.add(startRow("warm_app", "warm start of one more, runs"), k.Name, ms(running))
		return nil
	})
}

func listOf(s *Section, k *kind, one *session, p peer, n int) error {
	row := startRow(fmt.Sprintf("list_%d", n), fmt.Sprintf("list of %d", n))
	return one.repeat(pick(one.lab, 15, 3), 4*time.Second, func(int) error {
		t := now()
		err := p.list()
		s.add(row, k.Name, ms(now()-t))
		return err
	})
}

// hundred starts 100 together, stops them, and in the first round lists them.
func hundred(s *Section, k *kind, one *session, p peer, list bool) error {
	command, running, err := one.begin(p, one.stays(0, 100))
	if err != nil {
		return err
	}
	if !k.detached {
		s.add(startRow("start_100_cli", "start of 100, answer"), k.Name, ms(command))
	}
	s.add(startRow("start_100", "start of 100, all run"), k.Name, ms(running))
	if err := one.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	if list {
		if err := listOf(s, k, one, p, 100); err != nil {
			return err
		}
	}
	return stopHundred(s, k, one, p)
}

// stopHundred stops all and looks until no program is left.
func stopHundred(s *Section, k *kind, one *session, p peer) error {
	t := now()
	if err := p.stopAll(); err != nil {
		return err
	}
	s.add(startRow("stop_100_cli", "stopall of 100, answer"), k.Name, ms(now()-t))
	for end := time.Now().Add(time.Minute); ; {
		left, err := one.programs()
		if err != nil {
			return err
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d programs are left a minute after stopall", len(left))
		}
		if err := one.pause(2 * time.Millisecond); err != nil {
			return err
		}
	}
	s.add(startRow("stop_100_dead", "stopall of 100, all gone"), k.Name, ms(now()-t))
	return nil
}

// startLimit is a bare fork and exec, and a command that does nothing.
func startLimit(s *Section, one *session) error {
	return one.repeat(pick(one.lab, 21, 4), time.Minute, func(int) error {
		_, running, err := one.timed(1, func() error { return one.spawn(one.program("stay"), one.post.path) })
		if err != nil {
			return err
		}
		t := now()
		if err := exec.Command("/bin/true").Run(); err != nil {
			return err
		}
		nothing := ms(now() - t)
		for _, key := range []string{"cold_cli", "warm_cli", "list_1"} {
			s.add(startRow(key, key), Limit, nothing)
		}
		s.add(startRow("warm_app", ""), Limit, ms(running))
		s.add(startRow("cold_app", ""), Limit, ms(running))
		return nil
	})
}
