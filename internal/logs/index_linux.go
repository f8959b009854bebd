package logs

// mark adds to the index of the file of f, if something is about to be written
// and it is time.
func (e *engine) mark(f *feed) {
	if !f.sink.Index || f.out == nil || f.failing {
		return
	}
	if now := e.now(); f.out.marks.due(now) && pending(f.pipe) > 0 {
		f.out.marks = marks{true, now}
		end := f.out.end
		e.errand(f, func() { addMark(resolve(f.path), end) })
	}
}
