package supervisor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/pidfile"
)

// Remains is what may be left of an instance whose process has ended.
type Remains struct {
	proc.Query
	Origin   pidfile.Process // the first of its processes, where that is not Main; zero: it is
	Group    string          // its cgroup; empty: it has none
	Signal   syscall.Signal  // how it is asked first
	Patience time.Duration   // how long it has after that until SIGKILL
}

// queries are what has to be looked for. A process that has taken the place of
// the first may have a session of its own.
func (r *Remains) queries() []proc.Query {
	if r.Origin.PID == 0 {
		return []proc.Query{r.Query}
	}
	first := r.Query
	first.Main, first.Start = r.Origin.PID, r.Origin.Start
	return []proc.Query{first, r.Query}
}

// Sweep is a sweep under way.
type Sweep struct{ now func() }

// hurry ends the patience.
func (w *Sweep) hurry() { w.now() }

// Swept is how a sweep ended.
type Swept struct {
	Left   []proc.Entry // what could not be ended
	Killed bool         // SIGKILL was needed
	Err    error        // it could not be seen whether anything is left
}

// Sweeper finds and ends the processes of instances. What is given to it is
// called once, on a goroutine of its own.
type Sweeper interface {
	// Look finds an instance's processes while the first of them still lives:
	// a child that leaves the session and clears its environment cannot be told
	// from a stranger once its parent has gone.
	Look(r Remains, found func([]proc.Entry))
	// Sweep ends what is left after the first process has ended.
	Sweep(r Remains, done func(Swept)) *Sweep
}

const (
	// sweepRounds bounds how often a tree is killed that forks as fast as it
	// dies; a cgroup is killed at once and needs one.
	sweepRounds = 20
	killTime    = 5 * time.Second // for one round of SIGKILL to take effect
)

// sweeper is the real one. Looks at the process table are shared: when five
// hundred apps stop at once one look serves all that wait for it.
type sweeper struct {
	groups *proc.Cgroups

	mu      sync.Mutex
	waiting []look
	looking bool
}

type look struct {
	queries []proc.Query // of one instance
	reply   chan<- found
}

type found struct {
	entries []proc.Entry
	err     error
}

func (w *sweeper) Look(r Remains, found func([]proc.Entry)) {
	go func() {
		// What cannot be seen now is looked for again after the end.
		entries, _ := w.remains(r)
		found(entries)
	}()
}

func (w *sweeper) Sweep(r Remains, done func(Swept)) *Sweep {
	ctx, cancel := context.WithTimeout(context.Background(), r.Patience)
	go func() {
		defer cancel()
		done(w.clear(ctx, r))
	}()
	return &Sweep{now: cancel}
}

// clear asks politely until patience (ctx) is over, then kills.
func (w *sweeper) clear(patience context.Context, r Remains) (s Swept) {
	for range sweepRounds {
		s.Left, s.Err = w.remains(r)
		if s.Err != nil || len(s.Left) == 0 {
			return s
		}
		r.Known = s.Left
		if patience.Err() == nil {
			// A process that may not be signalled shows as one that is left.
			_ = proc.SignalAll(s.Left, r.Signal)
			_ = proc.WaitGone(patience, s.Left) // the next look tells
			continue
		}
		s.Killed = true
		w.kill(r, s.Left)
	}
	s.Left, s.Err = w.remains(r)
	return s
}

func (w *sweeper) kill(r Remains, left []proc.Entry) {
	if r.Group != "" {
		_ = w.groups.Kill(r.Group) // what it misses is killed below
	}
	_ = proc.SignalAll(left, syscall.SIGKILL)
	ctx, cancel := context.WithTimeout(context.Background(), killTime)
	defer cancel()
	_ = proc.WaitGone(ctx, left) // the next look tells
}

// remains is the tree by group, session, parents and environment, and the cgroup.
func (w *sweeper) remains(r Remains) ([]proc.Entry, error) {
	reply := make(chan found, 1)
	w.mu.Lock()
	w.waiting = append(w.waiting, look{r.queries(), reply})
	if !w.looking {
		w.looking = true
		go w.look()
	}
	w.mu.Unlock()
	f := <-reply
	if f.err != nil || r.Group == "" {
		return f.entries, f.err
	}
	inGroup, err := w.groups.Entries(r.Group)
	if err != nil {
		return f.entries, nil // it only adds to what is known
	}
	return union(f.entries, inGroup), nil
}

func union(known, more []proc.Entry) []proc.Entry {
	for _, e := range more {
		seen := slices.ContainsFunc(known, func(k proc.Entry) bool { return k.PID == e.PID })
		if !seen && !e.Ended() {
			known = append(known, e)
		}
	}
	return known
}

// look serves all that wait, until nobody does.
func (w *sweeper) look() {
	for {
		w.mu.Lock()
		batch := w.waiting
		w.waiting = nil
		if len(batch) == 0 {
			w.looking = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		serve(batch)
	}
}

func serve(batch []look) {
	table, err := proc.Snapshot()
	if err != nil {
		for _, l := range batch {
			l.reply <- found{err: fmt.Errorf("look at all processes: %w", err)}
		}
		return
	}
	var queries []proc.Query
	for _, l := range batch {
		queries = append(queries, l.queries...)
	}
	trees := table.Trees(queries)
	for _, l := range batch {
		n := len(l.queries)
		l.reply <- found{entries: slices.Concat(trees[:n]...)}
		trees = trees[n:]
	}
}
