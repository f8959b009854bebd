package main

import (
	"fmt"
	"time"
)

var memorySection = section{
	name: "memory", title: "PSS of everything that exists because of the supervisor",
	notes: []string{
		"Taken 3 s after the last program ran, and once more right after it: forever gives memory back when it has had nothing to do for 2 s. The programs themselves do not count; log programs and monitors do.",
		"npm's forever with 500 apps is left out: it would take about 12 GB.",
		"limit is two idle static Go programs, side by side and from one file: what the runtimes of a supervisor and a shim take that do nothing and give nothing back.",
	},
	run: measureMemory,
}

func measureMemory(l *lab, s *Section) error {
	for _, n := range pick(l, []int{1, 10, 100, 500}, []int{10}) {
		rounds := pick(l, map[int]int{1: 3, 10: 2, 100: 1, 500: 1}[n], 1)
		if err := l.repeat(rounds, 40*time.Second, func(int) error {
			return l.each(s, func(k *kind, one *session, p peer) error {
				if n > k.most {
					return nil
				}
				return memoryOf(s, k, one, p, n)
			})
		}); err != nil {
			return err
		}
	}
	return l.alone(s, Limit, func(one *session) error { return memoryLimit(s, one) })
}

// memoryOf starts n apps and weighs their supervisor, at once and later.
func memoryOf(s *Section, k *kind, one *session, p peer, n int) error {
	if _, _, err := one.begin(p, one.stays(0, n)); err != nil {
		return err
	}
	if err := one.pause(300 * time.Millisecond); err != nil {
		return err
	}
	if _, err := weigh(s, k, one, fmt.Sprintf("fresh_%d", n), fmt.Sprintf("PSS right after the start, %d apps", n)); err != nil {
		return err
	}
	if err := one.pause(pick(one.lab, 2700*time.Millisecond, 2300*time.Millisecond)); err != nil {
		return err
	}
	pids, err := weigh(s, k, one, fmt.Sprintf("pss_%d", n), fmt.Sprintf("PSS, %d apps", n))
	if err != nil {
		return err
	}
	s.add(Row{Key: fmt.Sprintf("processes_%d", n), Label: fmt.Sprintf("processes, %d apps", n), Neutral: true}, k.Name, float64(len(pids)))
	return nil
}

// weigh adds a supervisor's memory to a row.
func weigh(s *Section, k *kind, one *session, key, label string) ([]int, error) {
	pids, err := one.supervisors()
	if err != nil {
		return nil, err
	}
	s.add(Row{Key: key, Label: label, Unit: "MB"}, k.Name, mb(totalPss(pids)))
	return pids, nil
}

// memoryLimit weighs two programs that do nothing.
func memoryLimit(s *Section, one *session) error {
	var pids []int
	for range 2 {
		if err := one.spawn(one.program("stay"), one.post.path); err != nil {
			return err
		}
		up, err := one.post.next(5 * time.Second)
		if err != nil {
			return err
		}
		pids = append(pids, up.pid)
	}
	if err := one.pause(time.Second); err != nil {
		return err
	}
	s.add(Row{Key: "pss_1"}, Limit, mb(totalPss(pids)))
	return nil
}
