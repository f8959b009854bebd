package main

import (
	"fmt"
	"strconv"
	"time"
)

var filterSection = section{
	name: "filter", title: "what -i costs a program that does nothing but system calls",
	notes: []string{
		"The same program with -i 1, without -i, and without forever (limit), in turn. With -i the kernel runs a filter at each system call.",
		"Processor time of the program for each time, kernel included. More: of each round, with -i beside without.",
	},
	run: measureFilter,
}

// chores are the works of bench-calls, with a number that takes some 50 ms.
var chores = []struct {
	name, label string
	times       int
}{
	{"read", "read one byte of /dev/zero", 300_000},
	{"open", "open a file, read 4 KiB, close it", 30_000},
}

func measureFilter(l *lab, s *Section) error {
	for _, c := range chores {
		work := func(one *session) error {
			p := l.all[0].open(one).(sharer)
			start := map[string]func(job) error{
				"with": func(j job) error { return p.share(j, 1) }, "without": p.add,
				"bare": func(j job) error { return one.spawn(append([]string{j.path}, j.args...)...) },
			}
			for _, name := range []string{"with", "without", "bare"} {
				if err := one.startChore(name, c.name, c.times, start[name]); err != nil {
					return err
				}
			}
			return l.repeat(pick(l, 41, 5), 20*time.Second, func(int) error {
				took := map[string]float64{}
				for _, name := range []string{"without", "with", "bare"} {
					var err error
					if took[name], err = one.chore(name, c.times); err != nil {
						return err
					}
				}
				tellFilter(s, c.name, c.label, took)
				return nil
			})
		}
		if err := l.alone(s, Ours, work); err != nil {
			return err
		}
	}
	return nil
}

// gate is the FIFO at which a program of this section waits.
func (s *session) gate(name string) string { return s.post.path + "." + name }

func (s *session) startChore(name, work string, times int, start func(job) error) error {
	if err := makeGate(s.gate(name)); err != nil {
		return err
	}
	if err := start(s.job(name, "calls", work, strconv.Itoa(times), s.gate(name)+".go")); err != nil {
		return err
	}
	_, err := s.post.next(10 * time.Second)
	return err
}

// chore has one program work once, and returns its ns for each time.
func (s *session) chore(name string, times int) (float64, error) {
	if err := openGate(s.gate(name)); err != nil {
		return 0, err
	}
	said, err := s.post.next(20 * time.Second)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseFloat(said.word, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return ns / float64(times), nil
}

func tellFilter(s *Section, key, label string, took map[string]float64) {
	with := Row{Key: key + "_with", Label: label + ": with -i", Unit: "ns"}
	without := Row{Key: key + "_without", Label: label + ": without -i", Unit: "ns"}
	more := Row{Key: key + "_more", Label: label + ": more with -i", Unit: "%"}
	s.add(with, Ours, took["with"])
	s.add(with, Limit, took["bare"])
	s.add(without, Ours, took["without"])
	s.add(without, Limit, took["bare"])
	s.add(more, Ours, 100*(took["with"]/took["without"]-1))
}
