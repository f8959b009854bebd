package supervisor

import (
	"context"
	"errors"
	"os"
	"time"
)

const (
	// firstMoments bounds how long a start waits for a program to come to
	// rest. Node takes 0.1 s until it has read its script, more on a small machine.
	firstMoments = time.Second
	// settling bounds how many programs are watched at once.
	settling = 16
)

// watch waits until the program has come to rest, or, with --wait, until it
// has been up for its min-uptime, which is readiness where no other was asked for.
func (w *waiting) watch(g *goal, pid int) {
	if w.waitMS != 0 {
		w.watchUptime(g)
	} else if errors.Is(w.settle(g, pid), os.ErrProcessDone) {
		return // the event of its end follows
	}
	select {
	case w.settled <- g:
	case <-w.ctx.Done():
	case <-w.s.done:
	}
}

// settle waits until the program has come to rest, for its first moments at most.
func (w *waiting) settle(g *goal, pid int) error {
	w.slots <- struct{}{}
	defer func() { <-w.slots }()
	ctx, cancel := context.WithTimeout(w.ctx, firstMoments)
	defer cancel()
	return w.s.Settle(ctx, pid, w.s.startOf(g.id, g.index, pid))
}

func (w *waiting) watchUptime(g *goal) {
	up := make(chan struct{})
	t := w.s.clock.AfterFunc(g.minUptime, func() { close(up) })
	defer t.Stop()
	select {
	case <-up:
	case <-w.ctx.Done():
	}
}

// startOf is the start time of an instance's process, if it is still pid.
func (s *Supervisor) startOf(id, index, pid int) (start uint64) {
	s.ask(func() {
		a := s.byID(id)
		if a == nil {
			return
		}
		for _, in := range a.chosen(index) {
			if in.proc.PID == pid {
				start = in.proc.Start
			}
		}
	})
	return start
}
