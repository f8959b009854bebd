package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

var clusterSection = section{
	name: "cluster", title: "one port, two processes: a server in Node under load",
	notes: []string{
		"wrk -t1 -c64 on the same processors, 2 s each, all subjects in turn, three rounds. Keep-alive: each connection is used again and again. New connections: one for each request.",
		"express 5 and plain http, each answering six bytes. Two processes everywhere; limit is plain Node, one process, no cluster.",
		"CPU is that of all processes but wrk: servers, primaries, supervisors.",
	},
	run: measureCluster,
}

// The subjects that are no supervisors.
const (
	nodeRobin  = "Node cluster"
	nodeShared = "Node cluster, shared"
)

// setup is a way to have a server run.
type setup struct {
	subject   string
	processes int
	start     func(s *session, w web) error
}

// setups are those without a supervisor, then the supervisors that share ports.
func (l *lab) setups() []setup {
	node := func(args ...string) func(*session, web) error {
		return func(s *session, w web) error {
			return s.spawn(append(append([]string{w.path}, args...), w.args...)...)
		}
	}
	all := []setup{
		{Limit, 1, node()},
		{nodeRobin, 2, node(l.script("cluster.js"), "rr")},
		{nodeShared, 2, node(l.script("cluster.js"), "none")},
	}
	for _, k := range l.there() {
		if k.shares {
			all = append(all, setup{k.Name, 2, func(s *session, w web) error { return k.open(s).(sharer).share(w.job, 2) }})
		}
	}
	return all
}

func measureCluster(l *lab, s *Section) error {
	if _, err := os.Stat(l.wrk()); err != nil {
		s.trouble("wrk is not there: %v", err)
		return nil
	}
	return l.repeat(pick(l, 3, 1), 150*time.Second, func(int) error {
		for _, kind := range pick(l, webKinds, webKinds[:1]) {
			for _, setup := range l.setups() {
				if err := l.alone(s, setup.subject, func(one *session) error { return clusterOf(s, one, setup, kind) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// clusterOf puts load on one setup, in both ways.
func clusterOf(s *Section, one *session, setup setup, kind string) error {
	w, err := one.web(kind, careless)
	if err != nil {
		return err
	}
	if _, err := one.serve(w, setup.processes, func(w web) error { return setup.start(one, w) }); err != nil {
		return err
	}
	if _, _, err := one.press(w, time.Second, false); err != nil { // Node compiles what is hot
		return err
	}
	for _, fresh := range []bool{false, true} {
		r, cpu, err := one.press(w, pick(one.lab, 2*time.Second, time.Second), fresh)
		if err != nil {
			return err
		}
		tellLoad(s, setup.subject, kind, fresh, r, cpu)
	}
	return nil
}

func (l *lab) wrk() string { return filepath.Join(l.tools, "debian", "root", "usr", "bin", "wrk") }

// press runs wrk, and returns also the CPU time of everything else.
func (s *session) press(w web, d time.Duration, fresh bool) (wrkReport, time.Duration, error) {
	pids, err := descendants(os.Getppid(), os.Getpid())
	if err != nil {
		return wrkReport{}, 0, err
	}
	args := []string{"-t1", "-c64", fmt.Sprintf("-d%.0fs", d.Seconds()), "--latency"}
	if fresh {
		args = append(args, "-H", "Connection: close")
	}
	cmd := exec.CommandContext(s.ctx, s.wrk(), append(args, fmt.Sprintf("http://127.0.0.1:%d/", w.port))...)
	libraries, err := filepath.Glob(filepath.Join(s.tools, "debian", "root", "usr", "lib", "*-linux-gnu"))
	if err != nil || len(libraries) == 0 {
		return wrkReport{}, 0, errors.Join(errors.New("no library for wrk"), err)
	}
	cmd.Env = append(s.env, "LD_LIBRARY_PATH="+libraries[0])
	before := active(pids)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return wrkReport{}, 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	r, err := parseWrk(string(out))
	return r, active(pids).since(before).cpu, err
}

func tellLoad(s *Section, subject, kind string, fresh bool, r wrkReport, cpu time.Duration) {
	key, label := kind+"_keep_", kind+", keep-alive: "
	if fresh {
		key, label = kind+"_new_", kind+", new connections: "
	}
	s.add(Row{Key: key + "rate", Label: label + "requests", Unit: "per s", Higher: true}, subject, r.rate)
	s.add(Row{Key: key + "p50", Label: label + "p50", Unit: "ms"}, subject, r.p50)
	s.add(Row{Key: key + "p99", Label: label + "p99", Unit: "ms"}, subject, r.p99)
	s.add(Row{Key: key + "cpu", Label: label + "CPU per 100,000", Unit: "s"}, subject, cpu.Seconds()/float64(max(r.requests, 1))*1e5)
	s.add(Row{Key: key + "errors", Label: label + "errors"}, subject, float64(r.errors))
}
