package main

import (
	"fmt"
	"time"
)

var memorySection = section{
	name: "memory", title: "PSS of everything that exists because of the supervisor",
	notes: []string{
		"Taken a few seconds after the last program ran. The programs themselves do not count; log programs and monitors do.",
		"npm's forever with 500 apps is left out: it would take about 12 GB.",
		"limit is one idle static Go program, for scale.",
	},
	run: measureMemory,
}

func measureMemory(l *lab, s *Section) error {
	for _, n := range pick(l, []int{1, 10, 100, 500}, []int{1, 10, 100}) {
		rounds := pick(l, map[int]int{1: 3, 10: 3, 100: 2, 500: 1}[n], 1)
		for range rounds {
			if err := l.each(s, func(k *kind, one *session, p peer) error {
				if n > pick(l, k.most, min(k.most, 100)) || l.quick && k.most < 500 && n > 10 {
					return nil
				}
				return memoryOf(s, k, one, p, n)
			}); err != nil {
				return err
			}
		}
	}
	return memoryLimit(l, s)
}

// memoryOf starts n apps and weighs their supervisor.
func memoryOf(s *Section, k *kind, one *session, p peer, n int) error {
	if _, _, err := one.begin(p, one.stays(0, n)); err != nil {
		return err
	}
	if err := one.pause(pick(one.lab, 4*time.Second, time.Second)); err != nil {
		return err
	}
	pids, err := one.supervisors()
	if err != nil {
		return err
	}
	s.add(Row{Key: fmt.Sprintf("pss_%d", n), Label: fmt.Sprintf("PSS, %d apps", n), Unit: "MB"}, k.Name, mb(totalPss(pids)))
	s.add(Row{Key: fmt.Sprintf("processes_%d", n), Label: fmt.Sprintf("processes, %d apps", n), Neutral: true}, k.Name, float64(len(pids)))
	return nil
}

// memoryLimit weighs a program that does nothing.
func memoryLimit(l *lab, s *Section) error {
	one, err := l.open()
	if err != nil {
		return err
	}
	defer one.close()
	if err := one.spawn(l.program("stay"), one.post.path); err != nil {
		return err
	}
	up, err := one.post.next(5 * time.Second)
	if err != nil {
		return err
	}
	s.add(Row{Key: "pss_1"}, Limit, mb(totalPss([]int{up.pid})))
	return nil
}
