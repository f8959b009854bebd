package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

var manySection = section{
	name: "many", title: "100 programs that print 1,000 lines of 100 bytes per s each, one write for each line",
	notes: []string{
		"Ten lines every 10 ms, for 5 s. CPU is that of the supervisor and its log programs, while the programs print and until all is in the logs.",
		"npm's forever is left out: a hundred of it take half a minute to start.",
		"limit is a bare loop of splice(2) for each program.",
	},
	run: measureMany,
}

func measureMany(l *lab, s *Section) error {
	n, lines := pick(l, 100, 20), pick(l, 5000, 500)
	if err := l.alone(s, Limit, func(one *session) error { return manyLimit(s, one, n, lines) }); err != nil {
		return err
	}
	return l.each(s, func(k *kind, one *session, p peer) error {
		if k.most < 500 {
			return nil
		}
		return manyOf(s, k, one, p, n, lines)
	})
}

func manyOf(s *Section, k *kind, one *session, p peer, n, lines int) error {
	if err := makeGate(one.post.path); err != nil {
		return err
	}
	var jobs []job
	var logs []string
	for i := range n {
		j := one.job(fmt.Sprintf("drip%d", i), "drip", strconv.Itoa(lines))
		jobs, logs = append(jobs, j), append(logs, p.logs(j.name)...)
	}
	if _, _, err := one.begin(p, jobs); err != nil {
		return err
	}
	pids, err := one.supervisors()
	if err != nil {
		return err
	}
	if err := one.drip(s, k.Name, pids, logs, n, lines); err != nil {
		return err
	}
	missing := 0
	for _, j := range jobs {
		m, err := missingLines(p.logs(j.name), lines)
		if err != nil {
			return err
		}
		missing += m
	}
	s.add(Row{Key: "missing", Label: "lines missing"}, k.Name, float64(missing))
	return nil
}

// drip has the programs print, and tells what that cost the others.
func (s *session) drip(to *Section, subject string, pids []int, logs []string, n, lines int) error {
	if err := s.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	before, t := active(pids), now()
	if err := openGate(s.post.path); err != nil {
		return err
	}
	if _, err := s.post.wait(2*n, time.Minute); err != nil { // each begins and ends
		return err
	}
	if _, err := s.filled(logs, int64(n)*int64(lines)*100); err != nil {
		return err
	}
	did := active(pids).since(before)
	seconds := (now() - t).Seconds()
	to.add(Row{Key: "cpu", Label: "CPU", Unit: "ms per s"}, subject, ms(did.cpu)/seconds)
	return nil
}

// manyLimit gives each program a bare splice.
func manyLimit(s *Section, one *session, n, lines int) error {
	if err := makeGate(one.post.path); err != nil {
		return err
	}
	var pids []int
	var logs []string
	for i := range n {
		path := filepath.Join(one.dir, fmt.Sprintf("spliced%d", i))
		pid, err := one.spliced(path, one.job("drip", "drip", strconv.Itoa(lines)))
		if err != nil {
			return err
		}
		pids, logs = append(pids, pid), append(logs, path)
	}
	if _, err := one.post.wait(n, time.Minute); err != nil {
		return err
	}
	return one.drip(s, Limit, pids, logs, n, lines)
}

// spliced starts a program and a splice of its output into a file, and returns
// the PID of the latter.
func (s *session) spliced(path string, j job) (int, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer out.Close()
	defer in.Close()
	copier := s.command(s.ctx, []string{s.program("splice"), path})
	copier.Stdin = out
	program := s.command(s.ctx, append([]string{j.path}, j.args...))
	program.Stdout = in
	if err := errors.Join(copier.Start(), program.Start()); err != nil {
		return 0, err
	}
	go func() { _, _ = copier.Wait(), program.Wait() }() // they are killed with the session
	return copier.Process.Pid, nil
}
