package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var killSection = section{
	name: "kill", title: "kill -9 of the supervisor itself",
	notes: []string{
		"Two programs: one prints a numbered line each ms, one is silent. The process that watches them is killed; for runit, s6 and npm's forever that is one process each, and both are killed. Nobody helps.",
		"Alive: old processes 6 s later. Second copies: processes beyond one for each program then. Restarted: programs that come back when they are killed then, within 3 s.",
		"Lines lost: of those that the printing program could write, those that are in no log at the end.",
		"forever has one row more of each: its shim alone.",
		"All of it: everything but the log programs is killed at once (forever's supervisor and shim; runsvdir or s6-svscan beside their children), and then the same command starts it that did so in the first place; for pm2 `resurrect`, after `save`. Second copies run beside the old process, and nobody watches that one.",
	},
	run: measureKill,
}

// blow is who is killed.
type blow struct {
	suffix, label string
	ours, theirs  picker // nil: they are spared
	again         bool   // the supervisor is started again
}

// picker chooses among the processes of a session, given its programs.
type picker func(s *session, programs []int) ([]int, error)

var blows = []blow{
	{"", "", role("__supervisor"), watchers, false},
	{"_shim", " (forever's shim)", role("__shim", "__adopt"), nil, false},
	{"_all", " (all of it, and started again)", role("__supervisor", "__shim", "__adopt"), dynasty, true},
}

func measureKill(l *lab, s *Section) error {
	for _, b := range blows[:pick(l, len(blows), 1)] {
		err := l.each(s, func(k *kind, one *session, p peer) error {
			hit := b.theirs
			if k.Name == Ours {
				hit = b.ours
			}
			if hit == nil {
				return nil
			}
			return killOf(s, k, one, p, b, hit)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// role picks forever's processes by the role in their command line.
func role(names ...string) picker {
	return func(s *session, _ []int) ([]int, error) {
		all, err := s.supervisors()
		var found []int
		for _, pid := range all {
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if err != nil {
				continue
			}
			words := strings.Split(string(line), "\x00")
			for _, name := range names {
				if len(words) > 1 && words[1] == name {
					found = append(found, pid)
				}
			}
		}
		return found, err
	}
}

// watchers are the parents of the programs.
func watchers(_ *session, programs []int) ([]int, error) {
	var found []int
	for _, pid := range programs {
		fields, err := statFields(pid)
		if err != nil {
			return nil, err
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, err
		}
		found = append(found, parent)
	}
	return found, nil
}

// dynasty are the watchers and, where these are watched themselves, those who do.
func dynasty(s *session, programs []int) ([]int, error) {
	found, err := watchers(s, programs)
	if err != nil {
		return nil, err
	}
	above, err := watchers(s, found)
	if err != nil {
		return nil, err
	}
	all, err := s.supervisors()
	for _, pid := range above {
		if slices.Contains(all, pid) {
			found = append(found, pid)
		}
	}
	return found, err
}

// killOf does it once and tells what came of it.
func killOf(s *Section, k *kind, one *session, p peer, b blow, choose picker) error {
	jobs := []job{one.job("tick", "tick"), one.job("still", "stay")}
	if _, _, err := one.begin(p, jobs); err != nil {
		return err
	}
	if err := one.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	old, err := one.programs()
	if err != nil || len(old) != 2 {
		return fmt.Errorf("%d programs run, not 2 (%v)", len(old), err)
	}
	if p, ok := p.(saver); ok && b.again {
		if err := p.save(); err != nil {
			return err
		}
	}
	hit, err := choose(one, old)
	if err != nil || len(hit) == 0 {
		return fmt.Errorf("nobody to kill (%v)", err)
	}
	killAll(hit)
	if err := one.aftermath(p, b, jobs); err != nil {
		return err
	}
	return tellKill(s, k, one, p, b, old)
}

// aftermath is the time in which the supervisor may get up, or is helped.
func (s *session) aftermath(p peer, b blow, jobs []job) error {
	if !b.again {
		return s.pause(pick(s.lab, 6*time.Second, time.Second)) // runsvdir looks every 5 s
	}
	if err := s.pause(500 * time.Millisecond); err != nil {
		return err
	}
	again := func() error { return p.batch(jobs) }
	if p, ok := p.(reviver); ok {
		again = p.revive
	}
	_ = again() // it may complain of programs that run already: what runs is counted
	return s.pause(2500 * time.Millisecond)
}

func tellKill(s *Section, k *kind, one *session, p peer, b blow, old []int) error {
	alive := 0
	for _, pid := range old {
		if isProgram(pid) {
			alive++
		}
	}
	current, err := one.programs()
	if err != nil {
		return err
	}
	s.add(Row{Key: "alive" + b.suffix, Label: "alive of 2" + b.label, Higher: true}, k.Name, float64(alive))
	s.add(Row{Key: "copies" + b.suffix, Label: "second copies" + b.label}, k.Name, float64(max(0, len(current)-2)))
	one.post.collect(10 * time.Millisecond)
	killAll(current)
	watched := one.post.collect(pick(one.lab, 3*time.Second, 1500*time.Millisecond))
	s.add(Row{Key: "watched" + b.suffix, Label: "restarted of 2" + b.label, Higher: true}, k.Name, float64(min(len(watched), 2)))
	lost, of, err := one.lostLines(p)
	s.add(Row{Key: "lost" + b.suffix, Label: "lines lost" + b.label}, k.Name, float64(lost))
	s.say(Row{Key: "printed" + b.suffix, Label: "lines printed" + b.label}, k.Name, strconv.Itoa(of))
	return err
}

func killAll(pids []int) {
	for _, pid := range pids {
		_ = unix.Kill(pid, unix.SIGKILL) // it may be gone, or named twice
	}
}

// lostLines stops everything, waits for the logs and counts. The printing
// program has left the number of its last line in POST.PID.
func (s *session) lostLines(p peer) (lost, of int, err error) {
	_ = p.stopAll() // whoever is dead cannot
	programs, err := s.programs()
	if err != nil {
		return 0, 0, err
	}
	killAll(programs)
	if err := s.pause(time.Second); err != nil {
		return 0, 0, err
	}
	have := map[string]bool{}
	if err := eachLine(p.logs("tick"), func(line []byte) { have[string(bytes.TrimSpace(line))] = true }); err != nil {
		return 0, 0, err
	}
	counters, err := filepath.Glob(s.post.path + ".*")
	for _, path := range counters {
		data, readErr := os.ReadFile(path)
		if readErr != nil || len(data) != 8 {
			return 0, 0, fmt.Errorf("read %s: %d bytes: %w", path, len(data), readErr)
		}
		n := int(binary.NativeEndian.Uint64(data))
		of += n
		for i := 1; i <= n; i++ {
			if !have[strings.TrimPrefix(path, s.post.path+".")+" "+strconv.Itoa(i)] {
				lost++
			}
		}
	}
	return lost, of, err
}
