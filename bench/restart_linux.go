package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var restartSection = section{
	name: "restart", title: "kill -9 of a program until its new process runs",
	notes: []string{
		"From right before the kill(2) until the new process says that it runs, in its first instructions, on one clock. The programs had been up for at least 1.2 s, so that every supervisor takes them for stable.",
		"Beside the limit alone: forever and a bare loop of wait4, fork and exec of the same program, killed in turn (A B A B), so that drift of the machine meets both. With quiet: 3 s without any work before each kill.",
		"Beside the peers: all of them running, one program each, killed in turn.",
		"s6 and supervisord wait a second by design.",
	},
	run: measureRestart,
}

// uptime is how long a program has to be up before it is killed.
const uptime = 1200 * time.Millisecond

// victim is a program that is killed again and again.
type victim struct {
	subject string
	session *session
	last    notice
}

func measureRestart(l *lab, s *Section) error {
	languages := l.languages()
	for i, language := range languages[pick(l, 0, len(languages)-1):] {
		program, name := language[0], language[1]
		suffix := "_" + strings.ToLower(name)
		ours := []*kind{l.all[0]}
		row := Row{Key: "pair" + suffix, Label: name + ", beside the limit alone", Unit: "ms"}
		if err := l.killInTurn(s, ours, program, row, pick(l, 20, 3), 0); err != nil {
			return err
		}
		if i == 0 {
			row = Row{Key: "quiet" + suffix, Label: name + ", beside the limit alone, with quiet", Unit: "ms"}
			if err := l.killInTurn(s, ours, program, row, pick(l, 6, 1), 3*time.Second); err != nil {
				return err
			}
		}
		row = Row{Key: "all" + suffix, Label: name + ", beside the peers", Unit: "ms"}
		if err := l.killInTurn(s, l.there(), program, row, pick(l, 9, 2), 0); err != nil {
			return err
		}
	}
	return nil
}

// killInTurn starts a program under each kind and under the bare loop, and
// kills them in turn, n rounds, after the given quiet before each.
func (l *lab) killInTurn(s *Section, kinds []*kind, program string, row Row, n int, quiet time.Duration) error {
	var victims []*victim
	defer func() {
		for _, v := range victims {
			_ = v.session.close() // the run's end looks again
		}
	}()
	for _, k := range append(kinds, nil) {
		v, err := l.victim(k, program)
		if v != nil {
			victims = append(victims, v)
		}
		if err != nil {
			s.trouble("%s: %v", row.Label, err)
		}
	}
	return l.repeat(n, 35*time.Second, func(int) error {
		for _, v := range victims {
			if err := v.kill(s, row, quiet); err != nil {
				return err
			}
		}
		return nil
	})
}

// victim starts the program under a kind; nil is the bare loop.
func (l *lab) victim(k *kind, program string) (*victim, error) {
	one, err := l.open()
	if err != nil {
		return nil, err
	}
	v := &victim{subject: Limit, session: one}
	j := one.job("victim", program)
	if k != nil {
		v.subject = k.Name
		p := k.open(one)
		err = errors.Join(p.prepare([]job{j}), p.batch([]job{j}))
	} else {
		err = one.spawn(l.loopProgram(), j.path, j.args[0])
	}
	if err != nil {
		return v, fmt.Errorf("%s: %w", v.subject, err)
	}
	v.last, err = one.post.next(time.Minute)
	if err != nil {
		err = fmt.Errorf("%s: %w", v.subject, err)
	}
	return v, err
}

// kill kills the program once, and waits for the next.
func (v *victim) kill(s *Section, row Row, quiet time.Duration) error {
	if v.last.pid == 0 {
		return nil // it never ran, or did not come back: said already
	}
	quiet = max(quiet, v.last.at+uptime-now(), 100*time.Millisecond)
	if err := v.session.pause(quiet); err != nil {
		return err
	}
	t := now()
	if err := unix.Kill(v.last.pid, unix.SIGKILL); err != nil {
		s.trouble("%s: %s: the program has ended by itself: %v", row.Label, v.subject, err)
		v.last = notice{}
		return nil
	}
	next, err := v.session.post.next(15 * time.Second)
	if err != nil {
		s.trouble("%s: %s: not restarted: %v", row.Label, v.subject, err)
	} else {
		s.add(row, v.subject, ms(next.at-t))
	}
	v.last = next
	return nil
}
