package logs

import (
	"runtime"
	"slices"
	"time"
)

// A disk may keep a call waiting for as long as it likes: the server of a network
// file system is away, a file system is frozen, a device is about to die. The
// thread that made the call cannot be called back. So each call of the loop that
// a disk answers is an errand. When one takes longer than errandTime, another
// goroutine becomes the loop and goes on with all but the files of that disk. Who
// was away waits, when back, to be made the loop again and goes on where it was: at
// every moment there is one loop, and it alone touches what is the loop's.

// errandTime is how long the pipes of other disks may have to wait.
const errandTime = 100 * time.Millisecond

// errand is a call that is taking long.
type errand struct {
	ticket uint64 // 0: it is not the loop's, but somebody opens the file of f
	f      *feed  // for whom
	dev    uint64 // the disk; 0: not known
	since  time.Duration
	turn   chan bool // who comes back is the loop again; false: there is none any more

	// What the loop that went had at hand.
	scratch *scratch
	text    []byte
}

// errand makes a call that may have to wait for the disk of f. It may use what
// belongs to the loop only if nothing else does while f is away.
func (e *engine) errand(f *feed, call func()) {
	ticket := e.depart(f)
	call()
	e.arrive(ticket)
}

// depart begins an errand, arrive ends it. In between the loop may become another
// goroutine.
func (e *engine) depart(f *feed) (ticket uint64) {
	e.behalf = f
	ticket = e.ticket.Add(1)
	if !e.guarded.Load() {
		e.watchOver(ticket)
	}
	return ticket
}

func (e *engine) arrive(ticket uint64) {
	if !e.ticket.CompareAndSwap(ticket, ticket+1) {
		e.comeBack(ticket)
	}
}

// watchOver sets the timer by which an errand is seen to take long. There is none
// while nothing is written.
func (e *engine) watchOver(ticket uint64) {
	if e.guarded.CompareAndSwap(false, true) {
		e.seen = ticket
		e.guard.Reset(errandTime)
	}
}

// look is called by the timer: an odd ticket is that of an errand under way.
func (e *engine) look() {
	n := e.ticket.Load()
	switch {
	case n%2 == 0:
		e.guarded.Store(false)
		if n = e.ticket.Load(); n%2 == 1 {
			e.watchOver(n)
		}
	case n != e.seen:
		e.seen = n
		e.guard.Reset(errandTime)
	case e.takeOver(n):
		e.run()
	default: // it ended just now
		e.guard.Reset(errandTime)
	}
}

// takeOver makes the caller the loop, if the errand is still under way.
func (e *engine) takeOver(ticket uint64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended || !e.ticket.CompareAndSwap(ticket, ticket+1) {
		return false
	}
	f := e.behalf
	if e.asking != nil {
		close(e.asking.late)
		e.asking = nil
	}
	e.late = append(e.late, &errand{
		ticket: ticket, f: f, dev: f.disk(), since: e.now() - errandTime,
		turn: make(chan bool, 1), scratch: e.scratch, text: e.text,
	})
	e.scratch, e.text = nil, nil
	if e.feeds[f.key] == f {
		e.enqueue(f)
	}
	e.guarded.Store(false)
	e.poll.ring() // there may be more to do than the one before has got to
	return true
}

// comeBack ends an errand that took long: it waits to be the loop again.
func (e *engine) comeBack(ticket uint64) {
	e.mu.Lock()
	l := e.late[slices.IndexFunc(e.late, func(l *errand) bool { return l.ticket == ticket })]
	if e.ended {
		l.turn <- false
	} else {
		e.back = append(e.back, l)
		e.poll.ring()
	}
	e.mu.Unlock()
	if !<-l.turn {
		<-e.done
		e.abandon(l)
		runtime.Goexit()
	}
	e.scratch.close()
	e.scratch, e.text = l.scratch, l.text
	e.comebacks++
	e.answered(l)
}

// handOver makes somebody who has come back the loop; true: the caller is not any
// more.
func (e *engine) handOver() bool {
	if len(e.late) == 0 {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.back) == 0 {
		return false
	}
	l := e.back[0]
	e.back = e.back[1:]
	e.late = slices.DeleteFunc(e.late, func(other *errand) bool { return other == l })
	l.turn <- true
	return true
}

// forgive strikes out an errand that is over.
func (e *engine) forgive(l *errand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.late = slices.DeleteFunc(e.late, func(other *errand) bool { return other == l })
}

// sendAway lets those who are away know that there is no loop to come back to.
func (e *engine) sendAway() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	for _, l := range e.back {
		l.turn <- false
	}
	e.back = nil
}

// abandon closes what could not be closed while l was under way, when the loop has
// ended.
func (e *engine) abandon(l *errand) {
	e.mu.Lock() // others may have come back, too
	defer e.mu.Unlock()
	l.scratch.close()
	e.closeFeed(l.f)
}

// silent is the errand because of which f has to wait; nil: none.
func (e *engine) silent(f *feed) *errand {
	for _, l := range e.late {
		if l.f == f || l.dev != 0 && l.dev == f.disk() {
			return l
		}
	}
	return nil
}

// away counts the goroutines that are away for f.
func (e *engine) away(f *feed) (n int) {
	for _, l := range e.late {
		if l.f == f && l.ticket != 0 {
			n++
		}
	}
	return n
}
