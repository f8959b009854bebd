package logs

import "time"

// How often a busy pipe is looked at.
//
// A program that prints a line now and then has it in the file at once: its
// pipe is watched, and each line wakes the pump. For one that prints many small
// lines, waking for each costs more than moving it. So when the batches of a
// pipe come faster than every quiet, the pump stops watching that pipe and looks
// at it again after a pause, which doubles while little has come (up to
// maxPause: what a person does not notice, and what makes 100 programs with 1000
// lines a second each cost a few percent of a core) and shrinks quickly when the
// pipe was nearly full, because then its program may have had to wait. quiet is
// longer than maxPause, so that no pipe is woken for more often than it would be
// looked at.
const (
	quiet    = 25 * time.Millisecond
	minPause = 50 * time.Microsecond // about the kernel's timer slack
	maxPause = minPause << 8         // 12.8 ms
)

// pace is one pipe's pace.
type pace struct {
	pause time.Duration // the latest one; 0: none is needed
	last  time.Duration // when the latest batch was moved
}

// next takes note of a batch of n bytes that emptied a pipe of the given size
// at the moment now, and returns how long to leave the pipe alone; 0: watch
// it. woken tells that the batch was not looked for but announced itself.
func (p *pace) next(now time.Duration, n, size int64, woken bool) time.Duration {
	since := now - p.last
	p.last = now
	switch {
	case woken && since >= quiet:
		p.pause = 0
	case n >= size-size/8:
		p.pause /= 8
	case n >= size/2:
		p.pause /= 2
	case n < size/4:
		p.pause = min(max(p.pause*2, minPause), maxPause)
	}
	if p.pause < minPause {
		p.pause = 0
	}
	return p.pause
}

// due returns the end of a pause that begins now. Pauses of one length end
// together, so that one wake-up serves all pipes that keep the same pace.
func due(now, pause time.Duration) time.Duration {
	return (now + pause).Truncate(pause)
}
