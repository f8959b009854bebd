package logs

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// run is the loop. Everything that it owns is touched from here only.
func (e *engine) run() {
	for !e.handOver() {
		if !e.turn() {
			e.finish()
			close(e.done)
			return
		}
	}
}

// turn waits until there is something to do and does it once for each pipe;
// false: the Pump was closed.
func (e *engine) turn() bool {
	if !e.poll.unread() {
		e.next()
	}
	e.turns.Add(1)
	rang := false
	for e.poll.unread() {
		if fd := e.poll.event(); fd == e.poll.bell {
			rang = true
		} else {
			e.event(fd)
		}
	}
	e.serveResting()
	e.serveQueue()
	return !rang || e.answer()
}

// next has the poller look for events. It waits only when nothing else is to be done.
func (e *engine) next() {
	if len(e.queue) > 0 {
		e.poll.look()
		return
	}
	if len(e.resting) == 0 {
		e.poll.wait(time.Time{})
		return
	}
	first := e.resting[0].due
	for _, f := range e.resting {
		first = min(first, f.due)
	}
	e.poll.wait(e.began.Add(first))
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
	case held, stalled, partial:
		e.unlist(f) // it may be due at some time, too
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
	for n := len(e.queue); n > 0 && len(e.queue) > 0; n-- {
		f := e.queue[0]
		e.queue = slices.Delete(e.queue, 0, 1)
		e.serve(f, false)
	}
}

// serve moves what is in the pipe, up to a limit, and decides when to look at
// it next. f is in no list.
func (e *engine) serve(f *feed, woken bool) {
	if l := e.silent(f); l != nil {
		e.stall(f, l)
		return
	}
	was := e.comebacks
	n, left := e.move(f)
	if e.comebacks != was {
		e.unlist(f) // others have been the loop meanwhile
	}
	f.settle(left)
	if f.leaving && (left == emptied || left == begun || left == gone) {
		e.remove(f)
		return
	}
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
	if t.comes != nil {
		e.expect(f, t)
	}
	return nil
}

// dismiss lets go of f; while its disk does not answer, that waits, under a name
// that is no other's.
func (e *engine) dismiss(f *feed) {
	if e.feeds[f.key] != f {
		return
	}
	if e.silent(f) == nil {
		e.remove(f)
		return
	}
	f.leaving = true
	e.mu.Lock()
	delete(e.feeds, f.key)
	f.key = fmt.Sprintf("%s, left at %v", f.key, e.now())
	e.feeds[f.key] = f
	e.mu.Unlock()
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
	if f.size >= bigPipe {
		e.grown--
	}
	e.closeFeed(f)
}

// closeFeed closes what f has open.
func (e *engine) closeFeed(f *feed) {
	unix.Close(f.pipe)
	e.shut(f, e.files.release(f.out))
}

// shut closes a file; -1: none. That may be when it is written.
func (e *engine) shut(f *feed, fd int) {
	switch {
	case fd < 0:
	case e.ended:
		unix.Close(fd)
	default:
		e.errand(f, func() { unix.Close(fd) })
	}
}

// drainFeed calls done when what is in the pipe now has been moved; false:
// there is nothing to wait for.
func (e *engine) drainFeed(f *feed, done func()) bool {
	if f == nil {
		return false
	}
	in := f.size // at most; the pipe may be locked
	if e.silent(f) == nil {
		in = pending(f.pipe)
	}
	f.waits = append(f.waits, waiter{f.moved + uint64(in), done})
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

// finish closes everything but what is away. Drains that wait are let go.
func (e *engine) finish() {
	e.guard.Stop()
	e.sendAway()
	for _, f := range e.feeds {
		for _, t := range f.taps {
			t.hurry()
		}
		if e.away(f) == 0 {
			e.remove(f)
			continue
		}
		f.settle(gone)
		e.leaveTaps(f)
	}
	e.scratch.close()
	e.poll.close()
	unix.Close(e.null)
}
