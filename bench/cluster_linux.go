package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

var clusterSection = section{
	name: "cluster", title: "one port, two processes: a server in Node under load",
	notes: []string{
		"wrk -t1 -c64 on the same processors, 2 s each, all subjects in turn, three rounds, each in an order of its own. Keep-alive: each connection is used again and again. New connections: one for each request.",
		"At a fixed rate: so many requests in a second come at random times that are fixed beforehand, the same for all, 3 s in each round, each over a new connection; nobody is near its limit. Times count from when a request was due. The client is one thread on the same processors, and takes a fifth of one at most.",
		"express 5 and plain http, each answering six bytes. Two processes everywhere; limit is plain Node, one process, no cluster.",
		"CPU is that of all processes but the client: servers, primaries, supervisors.",
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
	all := l.setups()
	return l.repeat(pick(l, 3, 1), 240*time.Second, func(i int) error {
		for _, kind := range pick(l, webKinds, webKinds[:1]) {
			// The same in each run, and nobody always comes after the same one, whose
			// connections the kernel remembers for a minute (TIME_WAIT).
			for _, k := range rand.New(rand.NewPCG(uint64(i), 0)).Perm(len(all)) {
				setup := all[k]
				if err := l.alone(s, setup.subject, func(one *session) error { return clusterOf(s, one, setup, kind, i) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// clusterOf puts load on one setup, in all ways.
func clusterOf(s *Section, one *session, setup setup, kind string, round int) error {
	w, err := one.web(kind, careless)
	if err != nil {
		return err
	}
	if _, err := one.serve(w, setup.processes, func(w web) error { return setup.start(one, w) }); err != nil {
		return err
	}
	if _, _, err := one.press(w, time.Second, true); err != nil { // Node compiles what is hot
		return err
	}
	if err := steadyOf(s, one, w, setup.subject, kind, round); err != nil {
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
func (s *session) press(w web, d time.Duration, fresh bool) (loadReport, time.Duration, error) {
	pids, err := descendants(os.Getppid(), os.Getpid())
	if err != nil {
		return loadReport{}, 0, err
	}
	args := []string{"-t1", "-c64", fmt.Sprintf("-d%.0fs", d.Seconds()), "--latency"}
	if fresh {
		args = append(args, "-H", "Connection: close")
	}
	cmd := exec.CommandContext(s.ctx, s.wrk(), append(args, fmt.Sprintf("http://127.0.0.1:%d/", w.port))...)
	libraries, err := filepath.Glob(filepath.Join(s.tools, "debian", "root", "usr", "lib", "*-linux-gnu"))
	if err != nil || len(libraries) == 0 {
		return loadReport{}, 0, errors.Join(errors.New("no library for wrk"), err)
	}
	cmd.Env = append(s.env, "LD_LIBRARY_PATH="+libraries[0])
	before := active(pids)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return loadReport{}, 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	r, err := parseWrk(string(out))
	return r, active(pids).since(before).cpu, err
}

// steadyRates are well below half of what the slowest of the subjects reaches with
// new connections, by kind and in a second.
var steadyRates = map[string]float64{"express": 1200, "plain": 2000}

// steadyOf sends one setup new connections at a fixed rate.
func steadyOf(s *Section, one *session, w web, subject, kind string, round int) error {
	pids, err := descendants(os.Getppid(), os.Getpid())
	if err != nil {
		return err
	}
	due := timetable(steadyRates[kind], pick(one.lab, 3*time.Second, time.Second), uint64(round))
	before := active(pids)
	took, err := goSteady(w.port, due, loadTimeout)
	if err != nil {
		return err
	}
	cpu := active(pids).since(before).cpu
	if len(took) == 0 {
		return errors.New("nothing was answered at a fixed rate")
	}
	slices.Sort(took)
	tellSteady(s, subject, kind, loadReport{
		requests: len(due), p50: median(took), p99: quantile(took, 0.99), errors: len(due) - len(took),
	}, cpu)
	return nil
}

func tellSteady(s *Section, subject, kind string, r loadReport, cpu time.Duration) {
	label := fmt.Sprintf("%s, %s new connections per s: ", kind, number(steadyRates[kind]))
	tellTimes(s, subject, kind+"_steady_", label, r, cpu)
}

func tellLoad(s *Section, subject, kind string, fresh bool, r loadReport, cpu time.Duration) {
	key, label := kind+"_keep_", kind+", keep-alive: "
	if fresh {
		key, label = kind+"_new_", kind+", new connections: "
	}
	s.add(Row{Key: key + "rate", Label: label + "requests", Unit: "per s", Higher: true}, subject, r.rate)
	tellTimes(s, subject, key, label, r, cpu)
}

// tellTimes tells what there is of any load.
func tellTimes(s *Section, subject, key, label string, r loadReport, cpu time.Duration) {
	s.add(Row{Key: key + "p50", Label: label + "p50", Unit: "ms"}, subject, r.p50)
	s.add(Row{Key: key + "p99", Label: label + "p99", Unit: "ms"}, subject, r.p99)
	s.add(Row{Key: key + "cpu", Label: label + "CPU per 100,000", Unit: "s"}, subject, cpu.Seconds()/float64(max(r.requests, 1))*1e5)
	s.add(Row{Key: key + "errors", Label: label + "errors"}, subject, float64(r.errors))
}
