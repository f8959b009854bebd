package logs

// changeProcess: see Pump.Process.
func (e *engine) changeProcess(f *feed, pid int) {
	switch n := len(f.ends); {
	case pid == 0:
		f.ends = append(f.ends, ending{at: f.moved + uint64(pending(f.pipe))})
		e.endLine(f)
	case n > 0:
		f.ends[n-1].next = pid
	default:
		f.lines.pid = pid
	}
	if f.state == armed || f.state == paused || f.state == partial {
		e.enqueue(f)
	}
}

// endLine ends the line that f has open if all that its process printed has
// been written. What follows is the next one's.
func (e *engine) endLine(f *feed) {
	if e.silent(f) != nil {
		return
	}
	for len(f.ends) > 0 && f.moved >= f.ends[0].at {
		if f.lines.open {
			e.writeText(f, f.lines.end(nil), nil)
		}
		f.lines.pid, f.asked = f.ends[0].next, 0
		if f.ends = f.ends[1:]; len(f.ends) == 0 {
			f.ends = nil
		}
	}
}

// nameless tells whether the bytes in the pipe are to wait until it is known
// which process they are of: a program may print before whoever started it has
// heard that it runs.
func (e *engine) nameless(f *feed) bool {
	if !f.lines.json || f.lines.pid != 0 || len(f.ends) > 0 {
		return false
	}
	if f.asked == 0 {
		f.asked = e.now()
	}
	return e.now()-f.asked < maxHold
}
