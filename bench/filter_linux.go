package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

var filterSection = section{
	name: "filter", title: "what -i costs programs that are heavy on system calls",
	notes: []string{
		"Processor time, kernel included, of the same program with -i 1 and without. With -i the kernel runs a filter at each system call.",
		"The first two do nothing but the cheapest calls, which is the worst case; the next two are parts of servers; then whole programs, from exec to exit. Those that are not installed are left out.",
		"Eight apps with -i and eight without, each beside one of the other kind. The two of a pair work by turns, 40 times some 5 ms on one processor, each time in a new process: what one gets of memory and addresses makes a difference of its own. A value is the median of one pair: by the sign test the true one lies between the smallest and the largest with 99 %.",
	},
	run: measureFilter,
}

// chore is a work of bench-calls, with a number that takes some 5 ms.
type chore struct {
	name, label, unit string
	times             int
	program           bool // of that name, which may not be there
}

var chores = []chore{
	{"read", "nothing but reads of one byte", "ns", 25_000, false},
	{"open", "nothing but open, read of 4 KiB, close", "ns", 2_500, false},
	{"page", "database page: lock, pread, pwrite, unlock", "ns", 3_000, false},
	{"answer", "HTTP request and answer, kept connection", "ns", 600, false},
	{"dd", "dd of 10,000 blocks of 512 bytes", "ms", 1, true},
	{"find", "find by size in 1000 files", "ms", 1, true},
	{"tar", "tar of 1000 small files", "ms", 1, true},
	{"git", "git status of 1000 files", "ms", 1, true},
	{"sqlite3", "sqlite3, 100 transactions", "ms", 1, true},
}

func measureFilter(l *lab, s *Section) error {
	for _, c := range chores {
		if _, err := exec.LookPath(c.name); c.program && err != nil {
			continue
		}
		if err := l.alone(s, Ours, func(one *session) error { return filterOf(s, one, c) }); err != nil {
			return err
		}
	}
	return nil
}

// filterOf starts pairs of apps, and has them work in turn.
func filterOf(s *Section, one *session, c chore) error {
	p := one.all[0].open(one).(sharer)
	pairs := make([]pair, pick(one.lab, 8, 3))
	for i := range pairs {
		pairs[i] = pair{fmt.Sprintf("without%d", i), fmt.Sprintf("with%d", i), nil, nil}
		if err := one.startChore(pairs[i].without, c, p.add); err != nil {
			return err
		}
		if err := one.startChore(pairs[i].with, c, func(j job) error { return p.share(j, 1) }); err != nil {
			return err
		}
	}
	for _, pair := range pairs {
		if err := pair.compare(one); err != nil {
			return err
		}
		pair.tell(s, c)
	}
	return nil
}

// pair are two apps with one program, by name, and what came of each round.
type pair struct {
	without, with string
	took          []float64 // ns without -i
	more          []float64 // percent
}

// compare has the two work by turns. Each always comes after the other, so that both
// find the caches alike; one with -i is set beside those before and after it, so that
// a drift of the machine meets both.
func (p *pair) compare(s *session) error {
	before, err := s.work(p.without)
	if err != nil {
		return err
	}
	return s.repeat(pick(s.lab, 40, 5), 750*time.Millisecond, func(int) error {
		with, err := s.work(p.with)
		if err != nil {
			return err
		}
		after, err := s.work(p.without)
		if err != nil {
			return err
		}
		p.took = append(p.took, after)
		p.more = append(p.more, 100*(2*with/(before+after)-1))
		before = after
		return nil
	})
}

func (p *pair) tell(s *Section, c chore) {
	each := summarize(p.took).Median / float64(c.times)
	if c.unit == "ms" {
		each /= 1e6
	}
	s.add(Row{Key: c.name + "_without", Label: c.label + ": without -i", Unit: c.unit}, Ours, each)
	s.add(Row{Key: c.name + "_more", Label: c.label + ": more with -i", Unit: "%"}, Ours, summarize(p.more).Median)
}

// gate is the FIFO at which a program of this section waits.
func (s *session) gate(name string) string { return s.post.path + "." + name }

func (s *session) startChore(name string, c chore, start func(job) error) error {
	if err := makeGate(s.gate(name)); err != nil {
		return err
	}
	shared := filepath.Join(s.dir, "work")
	if err := start(s.job(name, "calls", c.name, strconv.Itoa(c.times), s.gate(name)+".go", shared)); err != nil {
		return err
	}
	_, err := s.post.next(10 * time.Second)
	return err
}

// work has one program work once, and returns how many ns that took.
func (s *session) work(name string) (float64, error) {
	if err := openGate(s.gate(name)); err != nil {
		return 0, err
	}
	said, err := s.post.next(20 * time.Second)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	ns, err := strconv.ParseFloat(said.word, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return ns, nil
}
