package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// section measures one subject. What goes wrong with one peer is a trouble of
// the section; an error ends the run.
type section struct {
	name, title string
	notes       []string
	run         func(*lab, *Section) error
}

// sections are in the order of RESULTS.md.
var sections = []section{memorySection, idleSection, startSection, restartSection, killSection, crashSection, logsSection, manySection, clusterSection, reloadSection, filterSection, portsSection, sizeSection}

func sectionNames() []string {
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	return names
}

// measure is a whole run.
func measure(ctx context.Context, o options) (err error) {
	for _, name := range splitList(o.only) {
		if !slices.Contains(sectionNames(), name) {
			return fmt.Errorf("no section %q; there are: %v", name, sectionNames())
		}
	}
	l, err := newLab(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	out, err := o.folder()
	if err != nil {
		return err
	}
	r := l.newReport()
	began := time.Now()
	for _, s := range sections {
		if !wants(o.only, s.name) {
			continue
		}
		done, err := l.section(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.Sections = append(r.Sections, done)
	}
	r.Seconds = time.Since(began).Seconds()
	return publish(r, out)
}

// publish writes both files.
func publish(r *Report, out string) error {
	results := filepath.Join(out, "RESULTS.md")
	if err := os.WriteFile(results, []byte(r.markdown()), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s\nwritten: %s\n", r.headlineTable(), results)
	return r.save(filepath.Join(out, "results.json"))
}

// newLab makes the folder of the run and looks which peers there are.
func newLab(ctx context.Context, o options) (*lab, error) {
	tools, err := filepath.Abs(o.tools)
	if err != nil || o.tools == "" {
		return nil, errors.New("no folder with the programs (-tools): use bench/run")
	}
	dir, err := os.MkdirTemp("", "forever-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{ctx: ctx, dir: dir, tools: tools, quick: o.quick}
	if _, err := os.Stat(l.program("cloop")); err == nil {
		l.c = true
	}
	for _, k := range kinds(tools) {
		if k.look(l); k.Missing != "" {
			fmt.Fprintf(os.Stderr, "bench: MISSING: %s: %s\n", k.Name, k.Missing)
		}
		if k.Name == Ours && k.Missing != "" {
			return nil, errors.New("forever is not built: use bench/run")
		}
		if k.Name == Ours || wants(o.peers, k.Name) {
			l.all = append(l.all, k)
		}
	}
	return l, nil
}

// close removes the folder; it has no processes any more.
func (l *lab) close() error {
	err := endAll(os.Getppid(), os.Getpid(), func() {})
	return errors.Join(err, os.RemoveAll(l.dir))
}

func (l *lab) newReport() *Report {
	r := &Report{Machine: thisMachine(), Began: time.Now().UTC().Format(time.RFC3339), Quick: l.quick}
	for _, k := range l.all {
		r.Subjects = append(r.Subjects, k.Subject)
	}
	limit := "no supervisor: a bare vfork, execve and wait4 loop in C"
	if !l.c {
		limit = "no supervisor: a bare fork, exec and wait4 loop in Go (no C compiler)"
	}
	limit += "; a bare splice; plain Node; /bin/true; each where its section says so"
	r.Subjects = append(r.Subjects, asides(l)...)
	r.Subjects = append(r.Subjects, Subject{Name: Limit, Settings: limit})
	return r
}

// asides are who takes part in one section alone.
func asides(l *lab) []Subject {
	return []Subject{
		{Name: nodeShared, Settings: "Node's cluster module, SCHED_NONE (the workers accept)", Aside: true},
		{Name: nodeRobin, Settings: "Node's cluster module, round robin (its default: the primary accepts)", Aside: true},
		{Name: psmisc, Version: debianVersion(l.tools, "psmisc")(l), Settings: "fuser", Aside: true},
	}
}

// section runs one section and says how long it took.
func (l *lab) section(s section) (Section, error) {
	done := Section{Name: s.name, Title: s.title, Notes: s.notes, Busy: busy(time.Second)}
	fmt.Fprintf(os.Stderr, "bench: %s: %s (something else uses %.0f %% of the machine)\n", s.name, s.title, 100*done.Busy)
	began := time.Now()
	err := s.run(l, &done)
	done.Seconds = time.Since(began).Seconds()
	fmt.Fprintf(os.Stderr, "bench: %s took %.0f s\n", s.name, done.Seconds)
	return done, err
}

// each runs work for every kind that is there, in a session of its own.
func (l *lab) each(s *Section, work func(k *kind, s *session, p peer) error) error {
	for _, k := range l.there() {
		if err := l.with(s, k, func(s *session, p peer) error { return work(k, s, p) }); err != nil {
			return err
		}
	}
	return nil
}

// there are the kinds that can be measured.
func (l *lab) there() []*kind {
	return slices.DeleteFunc(slices.Clone(l.all), func(k *kind) bool { return k.Missing != "" })
}

// with runs work for one kind in a session.
func (l *lab) with(s *Section, k *kind, work func(*session, peer) error) error {
	return l.alone(s, k.Name, func(one *session) error { return work(one, k.open(one)) })
}

// alone runs work in a session. What work returns is a trouble of the section;
// only processes that do not end, and an interrupt, end the run.
func (l *lab) alone(s *Section, subject string, work func(*session) error) error {
	one, err := l.open()
	if err != nil {
		return err
	}
	if err := work(one); err != nil {
		s.trouble("%s: %v", subject, err)
	}
	return errors.Join(one.close(), l.ctx.Err())
}

// trouble says at once what could not be measured, and keeps it for the tables.
func (s *Section) trouble(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(os.Stderr, "bench: NOT MEASURED:", text)
	s.Troubles = append(s.Troubles, text)
}

// begin prepares jobs, starts them together and waits until they all run. It
// returns how long the command took, and how long it was until the last ran.
func (s *session) begin(p peer, jobs []job) (command, running time.Duration, err error) {
	if err := p.prepare(jobs); err != nil {
		return 0, 0, err
	}
	return s.timed(len(jobs), func() error { return p.batch(jobs) })
}

// timed measures a command that starts n programs.
func (s *session) timed(n int, start func() error) (command, running time.Duration, err error) {
	t := now()
	if err := start(); err != nil {
		return 0, 0, err
	}
	command = now() - t
	ups, err := s.post.wait(n, 2*time.Minute)
	return command, latest(ups) - t, err
}

// repeat calls work up to n times, and stops sooner when the budget is spent;
// once is the least.
func (l *lab) repeat(n int, budget time.Duration, work func(i int) error) error {
	end := time.Now().Add(budget)
	for i := range n {
		if i > 0 && time.Now().After(end) {
			return nil
		}
		if err := errors.Join(l.ctx.Err(), work(i)); err != nil {
			return err
		}
	}
	return nil
}

// pause waits, or ends with the run.
func (l *lab) pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func mb(bytes int64) float64     { return float64(bytes) / 1e6 }
