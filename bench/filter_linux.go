package main

import (
	"fmt"
	"strconv"
	"time"
)

var filterSection = section{
	name: "filter", title: "what -i costs programs that are heavy on system calls",
	notes: []string{
		"The same program with -i 1, without -i, and without forever (limit), in turn. With -i the kernel runs a filter at each system call.",
		"The first three do nothing but the cheapest calls, which is the worst case. The others do what programs do.",
		"Processor time of the program for each time, kernel included. More: of each round, with -i beside without.",
	},
	run: measureFilter,
}

// chore is a work of bench-calls, with a number that takes some 50 ms.
type chore struct {
	name, label string
	times       int
}

var chores = []chore{
	{"read", "nothing but reads of one byte", 300_000},
	{"open", "nothing but open, read of 4 KiB, close", 30_000},
	{"dd", "dd of blocks of 512 bytes: read, write", 150_000},
	{"page", "database page: lock, pread, pwrite, unlock", 20_000},
	{"tree", "find in a tree of 111 names", 130},
	{"archive", "tar of 100 small files", 50},
	{"answer", "HTTP request and answer, kept connection", 7_000},
}

func measureFilter(l *lab, s *Section) error {
	for _, c := range chores {
		if err := l.alone(s, Ours, func(one *session) error { return filterOf(s, one, c) }); err != nil {
			return err
		}
	}
	return nil
}

// filterOf starts a program in three ways, and has the three work in turn.
func filterOf(s *Section, one *session, c chore) error {
	p := one.all[0].open(one).(sharer)
	ways := []string{"without", "with", "bare"}
	start := map[string]func(job) error{
		"without": p.add,
		"with":    func(j job) error { return p.share(j, 1) },
		"bare":    func(j job) error { return one.spawn(append([]string{j.path}, j.args...)...) },
	}
	for _, way := range ways {
		if err := one.startChore(way, c, start[way]); err != nil {
			return err
		}
	}
	return one.repeat(pick(one.lab, 41, 5), 10*time.Second, func(int) error {
		took := map[string]float64{}
		for _, way := range ways {
			var err error
			if took[way], err = one.work(way, c); err != nil {
				return err
			}
		}
		tellFilter(s, c, took)
		return nil
	})
}

// gate is the FIFO at which a program of this section waits.
func (s *session) gate(name string) string { return s.post.path + "." + name }

func (s *session) startChore(way string, c chore, start func(job) error) error {
	if err := makeGate(s.gate(way)); err != nil {
		return err
	}
	if err := start(s.job(way, "calls", c.name, strconv.Itoa(c.times), s.gate(way)+".go")); err != nil {
		return err
	}
	_, err := s.post.next(10 * time.Second)
	return err
}

// work has one program work once, and returns its ns for each time.
func (s *session) work(way string, c chore) (float64, error) {
	if err := openGate(s.gate(way)); err != nil {
		return 0, err
	}
	said, err := s.post.next(20 * time.Second)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseFloat(said.word, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", way, err)
	}
	return ns / float64(c.times), nil
}

func tellFilter(s *Section, c chore, took map[string]float64) {
	with := Row{Key: c.name + "_with", Label: c.label + ": with -i", Unit: "ns"}
	without := Row{Key: c.name + "_without", Label: c.label + ": without -i", Unit: "ns"}
	more := Row{Key: c.name + "_more", Label: c.label + ": more with -i", Unit: "%"}
	s.add(with, Ours, took["with"])
	s.add(with, Limit, took["bare"])
	s.add(without, Ours, took["without"])
	s.add(without, Limit, took["bare"])
	s.add(more, Ours, 100*(took["with"]/took["without"]-1))
}
