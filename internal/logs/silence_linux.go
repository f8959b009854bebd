package logs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// What is told of a log while its disk does not answer, and afterwards.
var (
	errSilent    = errors.New("the disk does not answer")
	errWasSilent = errors.New("the disk did not answer for some time")
)

// A program is not held up by a disk that does not answer. What it prints waits in
// its pipe at first, as behind a slow one. When that is full, after silence at the
// earliest, everything in it is thrown away and counted, and so is what follows
// until the disk answers. Nothing is kept elsewhere, so that a supervisor that is
// killed has lost no more than was counted.

// stall has f wait for its disk, which l waits for already.
func (e *engine) stall(f *feed, l *errand) {
	f.state = stalled
	if until := l.since + silence; e.now() < until {
		e.rest(f, until)
		return
	}
	f.settle(gone)
	if f.cause != errSilent {
		f.complain(errSilent)
	}
	if e.away(f) < 2 { // else its pipe is locked, by a call that is in the middle of it
		e.relieve(f)
	}
}

// relieve makes room in the pipe of f if there is none, and watches it.
func (e *engine) relieve(f *feed) {
	var left int64
	was, began := e.comebacks, e.now()
	e.errand(f, func() { left = e.sys.pending(f.pipe) }) // it may be locked
	if e.now()-began > silence {
		e.mistrust(f.disk())
	}
	if e.comebacks != was {
		return // whoever came back has seen to f
	}
	if left > 0 && (f.spilled || left >= f.size/2 || pipeFull(f)) {
		f.spilled = true
		if e.spill(f, left) == stuck {
			e.hold(f)
			return
		}
	} else if left > 0 {
		// Who writes more at once than there is room for, and finds the pipe not
		// empty, wakes nobody (pipe_write in the kernel), and waits.
		e.rest(f, e.now()+lookEvery)
	}
	if !f.edge {
		f.edge = e.poll.watchChanges(f.pipe) == nil
	}
}

// mistrust has no pipe locked again by a splice to a disk that has done so: where it
// hangs in the middle of a write, the kernel holds the pipe, and so the program.
func (e *engine) mistrust(dev uint64) {
	e.locking[dev] = true
	for _, out := range e.files {
		out.copies = out.copies || out.id.dev == dev
	}
}

// spill takes n bytes out of the pipe for nobody but the taps, and counts them; it
// returns stuck when a tap has no room.
func (e *engine) spill(f *feed, n int64) (left int) {
	f.cut, f.part = true, 0
	for n > 0 {
		may, left := f.offer(n)
		if left == stuck && f.patience > 0 && e.now() >= f.patience {
			f.giveUp()
			continue
		}
		if may == 0 {
			return left
		}
		m, err := e.throwAway(f, may)
		if err == unix.EINTR {
			continue
		}
		if m <= 0 {
			return emptied
		}
		early := min(m, f.flight-f.early) // whether these are lost is not known yet
		f.early += early
		f.lost.Add(uint64(m - early))
		f.took(m)
		n -= m
	}
	return emptied
}

// throwAway takes up to n bytes out of the pipe. Where lines are cut it looks whether
// the last of them ends one.
func (e *engine) throwAway(f *feed, n int64) (int64, error) {
	if f.lines == nil {
		return e.sys.splice(f.pipe, e.null, nil, n)
	}
	b, err := e.peek(f, n)
	if len(b) == 0 {
		return 0, err
	}
	f.torn = b[len(b)-1] != '\n'
	if err := e.discard(f, len(b)); err != nil {
		return 0, err
	}
	return int64(len(b)), nil
}

// answered has those go on who waited for the same disk as l.
func (e *engine) answered(l *errand) {
	for _, f := range e.feeds {
		if f != l.f && (l.dev == 0 || f.disk() != l.dev) || e.silent(f) != nil {
			continue
		}
		f.spilled = false
		if f.cause == errSilent {
			f.regain()
		}
		if f.state == stalled || f.state == held {
			e.enqueue(f)
		}
	}
}
