package supervisor

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"forever/internal/proc"
)

// Remains is what may be left of an instance whose process has ended.
type Remains struct {
	proc.Query
	Group    string         // its cgroup; empty: it has none
	Signal   syscall.Signal // how it is asked first
	Patience time.Duration  // how long it has after that until SIGKILL
}

// Sweep is a sweep under way.
type Sweep struct{ now func() }

// hurry ends the patience.
func (w *Sweep) hurry() { w.now() }

// Sweeper ends what is left of instances. done is called once, with what could
// not be ended and whether SIGKILL was needed.
type Sweeper interface {
	Sweep(r Remains, done func(left []proc.Entry, killed bool)) *Sweep
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
	query proc.Query
	reply chan<- found
}

type found struct {
	entries []proc.Entry
	err     error
}

func (w *sweeper) Sweep(r Remains, done func([]proc.Entry, bool)) *Sweep {
	ctx, cancel := context.WithTimeout(context.Background(), r.Patience)
	go func() {
		defer cancel()
		done(w.clear(ctx, r))
	}()
	return &Sweep{now: cancel}
}

// clear asks politely until patience (ctx) is over, then kills.
func (w *sweeper) clear(patience context.Context, r Remains) (left []proc.Entry, killed bool) {
	for range sweepRounds {
		left = w.remains(r)
		if len(left) == 0 {
			return nil, killed
		}
		if patience.Err() == nil {
			// A process that may not be signalled shows as one that is left.
			_ = proc.SignalAll(left, r.Signal)
			if proc.WaitGone(patience, left) == nil {
				continue
			}
			left = w.remains(r) // it was late: what is there now
		}
		killed = killed || len(left) > 0
		w.kill(r, left)
	}
	return w.remains(r), killed
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
func (w *sweeper) remains(r Remains) []proc.Entry {
	reply := make(chan found, 1)
	w.mu.Lock()
	w.waiting = append(w.waiting, look{r.Query, reply})
	if !w.looking {
		w.looking = true
		go w.look()
	}
	w.mu.Unlock()
	f := <-reply
	return append(f.entries, w.inGroup(r, f.entries)...)
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
	queries := make([]proc.Query, len(batch))
	for i, l := range batch {
		queries[i] = l.query
	}
	for i, entries := range table.Trees(queries) {
		batch[i].reply <- found{entries: entries}
	}
}

// inGroup returns the processes of the cgroup that are not known yet.
func (w *sweeper) inGroup(r Remains, known []proc.Entry) (more []proc.Entry) {
	if r.Group == "" {
		return nil
	}
	pids, err := w.groups.Procs(r.Group)
	if err != nil || len(pids) == 0 {
		return nil // without a cgroup the tree is all we know
	}
	table, err := proc.Snapshot()
	if err != nil {
		return nil
	}
	seen := map[int]bool{}
	for _, e := range known {
		seen[e.PID] = true
	}
	for _, pid := range pids {
		if e, ok := table.Get(pid); ok && !seen[pid] && !e.Ended() {
			more = append(more, e)
		}
	}
	return more
}
