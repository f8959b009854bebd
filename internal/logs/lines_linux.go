package logs

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// chunkText is how much text is put together for one write; the line that goes
// beyond it is the last.
const chunkText = 64 << 10

// moveLines is move for a feed whose output is written line by line.
func (e *engine) moveLines(f *feed) (n int64, left int) {
	s, err := e.borrow()
	if err != nil {
		f.fail(err)
		return 0, shut // and tried again soon
	}
	e.endLine(f)
	for n < portion {
		b, err := s.peek(f.pipe, portion-n)
		if err == unix.EAGAIN {
			return n, emptied
		}
		if len(b) == 0 {
			return n, gone
		}
		if e.nameless(f) {
			return n, shut
		}
		used, left := e.putLines(f, b)
		n += int64(used)
		if left != more {
			return n, left
		}
	}
	return n, more
}

// putLines writes what may be written of b, the head of the pipe of f, takes
// that out of the pipe, and tells what is left there.
func (e *engine) putLines(f *feed, b []byte) (used, left int) {
	if f.cut {
		f.cut = false
		f.lose(0)
	}
	if f.torn {
		return e.skipLine(f, b), more
	}
	n := e.extent(f, b)
	if n == 0 {
		f.fresh, f.part = int64(len(b))-f.part, int64(len(b))
		return 0, begun
	}
	f.part = 0
	if f.out != nil && !f.failing && e.heldByAnother(f) {
		return 0, shut
	}
	may, left := e.offerLines(f, n)
	if may == 0 {
		return 0, left
	}
	if f.lines.open && (f.out == nil || f.out.holder != f) {
		f.lines.open = false // somebody else has ended it
	}
	if !f.lines.open {
		e.room(f, int64(may))
	}
	text, used := e.compose(f, b[:may])
	f.flight = int64(used)
	e.writeText(f, text, b[:used])
	rest := int64(used) - f.landed()
	if err := e.discard(f, int(rest)); err != nil {
		return 0, gone // never: the bytes were there a moment ago
	}
	f.took(rest)
	e.endLine(f)
	return used, more
}

// extent returns how many bytes of b, the head of the pipe of f, are to be
// written now: whole lines; a part of one only if its process has ended or the
// pipe has no room for more of it.
func (e *engine) extent(f *feed, b []byte) int {
	if len(f.ends) > 0 {
		if left := f.ends[0].at - f.moved; left <= uint64(len(b)) {
			return int(left)
		}
	}
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	// The scratch pipe may have no room for all pages of this one.
	hidden := f.part == int64(len(b)) && pending(f.pipe) > f.part
	if len(b) == len(e.scratch.buf) || hidden || pipeFull(f) {
		return f.lines.cut(b)
	}
	return 0
}

// offerLines is offer, as often as its patience wants it.
func (e *engine) offerLines(f *feed, n int) (may, left int) {
	got, left := f.offer(int64(n))
	if left == stuck && f.patience > 0 && e.now() >= f.patience {
		f.giveUp()
		got, left = f.offer(int64(n))
	}
	return int(got), left
}

// compose makes text of b, up to about chunkText, and tells of how much of b.
func (e *engine) compose(f *feed, b []byte) (text []byte, used int) {
	f.lines.now(time.Now())
	text, used = f.lines.lines(e.text[:0], b, chunkText)
	if rest := b[used:]; len(rest) > 0 && len(text) < chunkText {
		text, used = f.lines.part(text, rest), len(b)
	}
	if e.text = text[:0]; cap(text) > 4*chunkText {
		e.text = nil
	}
	return text, used
}

// writeText writes text, whole lines or the next piece of one, that was made of
// raw. When the disk is full, the lines that fit are kept, and the bytes of the
// others are counted as lost.
func (e *engine) writeText(f *feed, text, raw []byte) {
	out := f.out
	if out == nil || f.failing {
		f.lose(len(raw))
		return
	}
	led := 0
	if out.holder != f && out.broken && !e.lineEnded(f) {
		text, led = append([]byte{'\n'}, text...), 1
	}
	start := out.end
	if done, err := e.writeOut(f, text); err != nil {
		kept := bytes.LastIndexByte(text[:done], '\n') + 1
		out.end = start + int64(kept)
		_ = e.truncate(f, out.end) // what stays of a line is found as somebody else's would be
		f.fail(err)
		f.lose(len(raw) - firstLines(raw, bytes.Count(text[:kept], []byte("\n"))-led))
		return
	}
	out.broken = false
	switch {
	case !f.lines.open:
		out.holder = nil
	case out.holder != f:
		out.holder, out.since = f, e.now()
	}
}

// lineEnded is that of the file of f.
func (e *engine) lineEnded(f *feed) (ended bool) {
	out := f.out
	e.errand(f, func() { ended = out.lineEnded() })
	return ended
}

// skipLine takes out of the pipe what is left of a line whose beginning is lost.
func (e *engine) skipLine(f *feed, b []byte) (n int) {
	if n = bytes.IndexByte(b, '\n') + 1; n == 0 {
		n = len(b)
	}
	f.torn = b[n-1] != '\n'
	if e.discard(f, n) == nil {
		f.took(int64(n))
		f.lost.Add(uint64(n))
	}
	return n
}

// firstLines returns how long the first n lines of b are.
func firstLines(b []byte, n int) (size int) {
	for ; n > 0 && size < len(b); n-- {
		i := bytes.IndexByte(b[size:], '\n')
		if i < 0 {
			return len(b)
		}
		size += i + 1
	}
	return size
}

// lose counts bytes of f that could not be written. A line that lost its middle
// is not gone on with.
func (f *feed) lose(n int) {
	f.lost.Add(uint64(n))
	if f.lines.open {
		f.lines.open = false
		if f.out != nil && f.out.holder == f {
			f.out.holder, f.out.broken = nil, true
		}
	}
}

// discard takes n bytes out of the pipe.
func (e *engine) discard(f *feed, n int) error {
	for n > 0 {
		m, err := e.sys.splice(f.pipe, e.null, nil, int64(n))
		if err != nil && err != unix.EINTR || m == 0 && err == nil {
			return fmt.Errorf("empty the pipe of %s: %w", f.key, err)
		}
		n -= int(max(m, 0))
	}
	return nil
}

// heldByAnother tells whether the file ends with the beginning of another feed's
// line. One that has kept others waiting for too long is cut there.
func (e *engine) heldByAnother(f *feed) bool {
	out := f.out
	if out.holder == nil || out.holder == f {
		return false
	}
	if e.now()-out.since < maxHold {
		return true
	}
	out.holder.lines.open = false
	out.holder, out.broken = nil, true
	return false
}

// await looks again soon for whether the file is free.
func (e *engine) await(f *feed) {
	e.watchNothing(f)
	e.rest(f, e.now()+maxPause)
	f.state = paused
}

// maxStill is the longest pause between two looks at the beginning of a line.
const maxStill = time.Minute

// leaveBegun waits for the rest of a line. The pipe is not empty, so that the
// poller is asked for changes (EPOLLET) and not for bytes. It does not tell of who
// writes more at once than there is room for beside the beginning: the kernel wakes
// the reader of an empty pipe, and when a write is done (pipe_write), and this one
// waits. So the pipe is looked at, too, less and less often.
func (e *engine) leaveBegun(f *feed, woken bool) {
	now := e.now()
	if f.fresh > 0 {
		if pause := f.pace.next(now, f.part, f.size, woken); pause > 0 {
			e.watchNothing(f)
			e.rest(f, due(now, pause))
			f.state = paused
			return
		}
	}
	if f.fresh > 0 {
		f.still = 0
	}
	f.still = min(max(2*f.still, lookEvery), maxStill)
	f.state = partial
	e.rest(f, now+f.still)
	if !f.edge {
		f.edge = e.poll.watchChanges(f.pipe) == nil // it is, by epoll_ctl(2)
	}
}

// watchNothing keeps the poller from telling of changes in the pipe of f.
func (e *engine) watchNothing(f *feed) {
	if f.edge {
		e.poll.watch(unix.EPOLL_CTL_MOD, f.pipe, 0)
		f.edge = false
	}
}

// pipeFull tells whether a pipe has no room for another byte. That is not a
// matter of bytes: each write may take a page for itself. Only a write end
// knows, so one is opened for a moment.
func pipeFull(f *feed) bool {
	fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", f.pipe), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return pending(f.pipe) >= f.size/2
	}
	defer unix.Close(fd)
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(set, 0)
	return err == nil && n == 0
}
