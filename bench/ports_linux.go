package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

var portsSection = section{
	name: "ports", title: "who has this port, among 500 processes",
	notes: []string{
		"All commands in turn, on a machine with 500 processes more. psmisc's fuser is the peer; it has no killport, so its answer to the same question stands beside that: who has it, or nobody.",
		"limit is /bin/true, run to its end.",
	},
	run: measurePorts,
}

const psmisc = "psmisc"

// question is a command line, and its exit code when all is well.
type question struct {
	row     Row
	subject string
	args    []string
	code    int
}

func measurePorts(l *lab, s *Section) error {
	return l.alone(s, Ours, func(one *session) error {
		for range 500 {
			if err := one.spawn(l.leanest(), one.post.path); err != nil {
				return err
			}
		}
		if _, err := one.post.wait(500, time.Minute); err != nil {
			return err
		}
		taken, err := one.holdPort()
		if err != nil {
			return err
		}
		free, err := freePort()
		if err != nil {
			return err
		}
		questions := l.questions(taken, free)
		return l.repeat(pick(l, 31, 5), time.Minute, func(int) error { return one.ask(s, questions) })
	})
}

// holdPort has a process of its own listen on a port.
func (s *session) holdPort() (int, error) {
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	if err := s.spawn(s.program("listen"), s.post.path, strconv.Itoa(port)); err != nil {
		return 0, err
	}
	_, err = s.post.next(10 * time.Second)
	return port, err
}

// leanest is the smallest program that stays.
func (l *lab) leanest() string { return l.program(l.languages()[0][0]) }

// fuser is psmisc's, wherever its package has it.
func (l *lab) fuser() string {
	found, err := filepath.Glob(filepath.Join(l.tools, "debian", "root", "*", "bin", "fuser"))
	if err != nil || len(found) == 0 {
		return filepath.Join(l.tools, "debian", "root", "bin", "fuser")
	}
	return found[0]
}

func (l *lab) questions(taken, free int) []question {
	ours, theirs := filepath.Join(l.tools, "bin", "forever"), l.fuser()
	port := func(n int) string { return strconv.Itoa(n) + "/tcp" }
	row := func(key, label string) Row { return Row{Key: key, Label: label, Unit: "ms"} }
	held, nobody := row("fuser_taken", "fuser, of a port in use"), row("fuser_free", "fuser, of a free port")
	kill, none := row("kill_taken", "killport --dry-run, of a port in use"), row("kill_free", "killport, of a free port")
	all := []question{
		{held, Ours, []string{ours, "fuser", port(taken)}, 0},
		{nobody, Ours, []string{ours, "fuser", port(free)}, 1},
		{kill, Ours, []string{ours, "killport", "--dry-run", strconv.Itoa(taken)}, 0},
		{none, Ours, []string{ours, "killport", strconv.Itoa(free)}, 1},
	}
	for _, r := range []Row{held, kill} {
		all = append(all, question{r, psmisc, []string{theirs, port(taken)}, 0})
	}
	for _, r := range []Row{nobody, none} {
		all = append(all, question{r, psmisc, []string{theirs, port(free)}, 1})
	}
	for _, r := range []Row{held, nobody, kill, none} {
		all = append(all, question{r, Limit, []string{"/bin/true"}, 0})
	}
	return all
}

// ask has each question answered once.
func (s *session) ask(to *Section, questions []question) error {
	for _, q := range questions {
		if _, err := os.Stat(q.args[0]); err != nil {
			continue // psmisc is missing: it gets a dash
		}
		cmd := s.command(s.ctx, q.args)
		t := now()
		err := cmd.Run()
		took := now() - t
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return err
		}
		if code := cmd.ProcessState.ExitCode(); code != q.code {
			return fmt.Errorf("%v: exit code %d, not %d", q.args, code, q.code)
		}
		to.add(q.row, q.subject, ms(took))
	}
	return nil
}
