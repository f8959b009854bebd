package logs

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// run is the loop. Everything that it owns is touched from here only.
func (e *engine) run() {
	defer close(e.done)
	for e.turn() {
	}
	e.finish()
}

// turn waits until there is something to do and does it once for each pipe;
// false: the Pump was closed.
func (e *engine) turn() bool {
	events := e.next()
	e.turns.Add(1)
	rang := false
	for i := range events {
		if fd := int(events[i].Fd); fd == e.poll.bell {
			rang = true
		} else {
			e.event(fd)
		}
	}
	e.serveResting()
	e.serveQueue()
	return !rang || e.answer()
}

// next returns what the poller has. It waits only when nothing else is to be done.
func (e *engine) next() []unix.EpollEvent {
	if len(e.queue) > 0 {
		return e.poll.look()
	}
	if len(e.resting) == 0 {
		return e.poll.wait(time.Time{})
	}
	first := e.resting[0].due
	for _, f := range e.resting {
		first = min(first, f.due)
	}
	return e.poll.wait(e.began.Add(first))
}

// answer calls what ask has left; false: the Pump was closed.
func (e *engine) answer() bool {
	e.poll.hush()
	e.mu.Lock()
	asks, closed := e.asks, e.closed
	e.asks = nil
	e.mu.Unlock()
	for _, f := range asks {
		f()
	}
	return !closed
}

// event serves the feed that fd belongs to. An event of a pipe that rests or
// waits already says nothing new; one of a tap says that it has room.
func (e *engine) event(fd int) {
	f := e.byFD[fd]
	if f == nil {
		return
	}
	if fd != f.pipe {
		for _, t := range f.taps {
			t.skip = t.skip && t.pipe != fd
		}
	}
	switch f.state {
	case held:
		e.unlist(f) // a drain may have set it a limit
		e.serve(f, true)
	case armed:
		e.serve(f, true)
	}
}

func (e *engine) serveResting() {
	if len(e.resting) == 0 {
		return
	}
	now := e.now()
	for i := 0; i < len(e.resting); {
		f := e.resting[i]
		if f.due > now {
			i++
			continue
		}
		e.resting[i] = e.resting[len(e.resting)-1]
		e.resting = e.resting[:len(e.resting)-1]
		e.serve(f, false)
	}
}

// serveQueue serves those that were in the queue at the call, each once.
func (e *engine) serveQueue() {
	for range len(e.queue) {
		f := e.queue[0]
		e.queue = slices.Delete(e.queue, 0, 1)
		e.serve(f, false)
	}
}

// serve moves what is in the pipe, up to a limit, and decides when to look at
// it next. f is in no list.
func (e *engine) serve(f *feed, woken bool) {
	n, left := e.move(f)
	f.settle(left)
	switch left {
	case more:
		e.enqueue(f)
	case stuck:
		e.hold(f)
	case shut:
		e.await(f)
	case begun:
		e.leaveBegun(f, woken)
	case gone:
		f.state = ended
		e.poll.forget(f.pipe)
	case emptied:
		e.leave(f, n, woken)
	}
}

// leave lets an emptied pipe rest, or watches it.
func (e *engine) leave(f *feed, n int64, woken bool) {
	if n > 0 {
		e.grow(f, n)
		now := e.now()
		if pause := f.pace.next(now, n, f.size, woken); pause > 0 {
			e.watchNothing(f)
			e.rest(f, due(now, pause))
			f.state = paused
			return
		}
	}
	f.state, f.edge = armed, false
	if err := e.poll.watch(unix.EPOLL_CTL_MOD, f.pipe, unix.EPOLLIN); err != nil {
		e.rest(f, e.now()+maxPause) // never, by epoll_ctl(2)
		f.state = paused
	}
}

// hold waits until the taps of f have room: for ever, unless a drain waits, too.
func (e *engine) hold(f *feed) {
	f.state = held
	for _, t := range f.taps {
		if t.ahead == 0 {
			e.watchTap(t)
		}
	}
	if f.patience > 0 {
		e.rest(f, f.patience)
	}
}

func (e *engine) watchTap(t *tap) {
	op := unix.EPOLL_CTL_MOD
	if !t.watched {
		op, t.watched = unix.EPOLL_CTL_ADD, true
	}
	e.poll.watch(op, t.pipe, unix.EPOLLOUT)
}

func (e *engine) enqueue(f *feed) {
	e.unlist(f)
	f.state = queued
	e.queue = append(e.queue, f)
}

func (e *engine) rest(f *feed, until time.Duration) {
	f.due = until
	e.resting = append(e.resting, f)
}

// unlist takes f out of the lists it may be in.
func (e *engine) unlist(f *feed) {
	is := func(g *feed) bool { return g == f }
	e.queue = slices.DeleteFunc(e.queue, is)
	e.resting = slices.DeleteFunc(e.resting, is)
}

// A pipe that fills up quickly again and again is made bigger: fewer and longer
// moves. Only then, and only so many, because a user's pipes share a quota
// (fs.pipe-user-pages-soft: 64 MiB).
const (
	bigPipe  = 256 << 10
	bigPipes = 64
	growAt   = 8 // nearly full batches
)

func (e *engine) grow(f *feed, n int64) {
	if f.size >= bigPipe || n < f.size-f.size/4 || e.grown >= bigPipes {
		return
	}
	if f.busy++; f.busy != growAt {
		return
	}
	if _, err := unix.FcntlInt(uintptr(f.pipe), unix.F_SETPIPE_SZ, bigPipe); err == nil {
		f.size = bigPipe
		e.grown++
	}
}

// add begins to serve f.
func (e *engine) add(f *feed, t *target) error {
	if e.feeds[f.key] != nil {
		return ErrAttached
	}
	if err := e.poll.watch(unix.EPOLL_CTL_ADD, f.pipe, unix.EPOLLIN); err != nil {
		return err
	}
	e.mu.Lock()
	e.feeds[f.key] = f
	e.mu.Unlock()
	e.byFD[f.pipe] = f
	if f.size >= bigPipe {
		e.grown++
	}
	e.aim(f, t)
	return nil
}

// remove lets go of f and closes what is its own; f may be gone already.
func (e *engine) remove(f *feed) {
	if e.feeds[f.key] != f {
		return
	}
	if f.out != nil && f.out.holder == f {
		f.out.holder = nil
	}
	e.mu.Lock()
	delete(e.feeds, f.key)
	e.mu.Unlock()
	f.settle(gone)
	e.unlist(f)
	e.leaveTaps(f)
	e.poll.forget(f.pipe)
	delete(e.byFD, f.pipe)
	unix.Close(f.pipe)
	e.files.release(f.out)
	if f.size >= bigPipe {
		e.grown--
	}
}

// drainFeed calls done when what is in the pipe now has been moved; false:
// there is nothing to wait for.
func (e *engine) drainFeed(f *feed, done func()) bool {
	if f == nil {
		return false
	}
	f.waits = append(f.waits, waiter{f.moved + uint64(pending(f.pipe)), done})
	if len(f.taps) > 0 && f.patience == 0 {
		f.patience = e.now() + patience
	}
	if f.state == ended {
		f.settle(gone)
		return true
	}
	e.enqueue(f)
	return true
}

// finish closes everything. Drains that wait are let go.
func (e *engine) finish() {
	for _, f := range e.feeds {
		for _, t := range f.taps {
			t.hurry()
		}
		e.remove(f)
	}
	e.scratch.close()
	e.poll.close()
	unix.Close(e.null)
}
