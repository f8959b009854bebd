package logs

import "golang.org/x/sys/unix"

// opening is what has come of opening a file.
type opening struct {
	file opened
	err  error
}

// drop closes it.
func (r opening) drop() {
	if r.err == nil {
		unix.Close(r.file.fd)
	}
}

// openFor opens the file of a new target. What its disk does not answer in time
// comes later, by t.comes.
func (e *engine) openFor(t *target) error {
	var r opening
	done := make(chan struct{})
	go func() {
		defer close(done)
		r = e.openNew(t.path, t.sink.Rotate)
	}()
	if !e.open.Wait(t.path, done) {
		comes := make(chan opening, 1)
		go func() {
			<-done
			comes <- r
		}()
		t.comes = comes
		return errSilent
	}
	if r.err != nil {
		return r.err
	}
	return t.take(r.file)
}

// openNew opens a log for the first time.
func (e *engine) openNew(path string, r Rotation) (o opening) {
	o.file, o.err = e.sys.open(path)
	if o.err == nil && o.file.kind == regular && r.active() {
		e.keeper(o.file.id.dev).welcome(path, r.Files)
	}
	return o
}

// expect has f wait for the file of t, as if the loop itself were waiting for it.
func (e *engine) expect(f *feed, t *target) {
	l := &errand{f: f, since: e.now() - patienceOfCallers}
	e.mu.Lock()
	e.late = append(e.late, l)
	e.mu.Unlock()
	go func() {
		r := <-t.comes
		if e.ask(func() { e.receive(l, t, r) }) == nil {
			r.drop()
		}
	}()
}

// receive gives f the file that it waited for, if it still wants it.
func (e *engine) receive(l *errand, t *target, r opening) {
	f := l.f
	e.forgive(l)
	if e.feeds[f.key] != f || f.path != t.path || f.out != nil || f.kind != regular {
		r.drop()
		return
	}
	if err := e.land(f, r); err != nil {
		f.fail(err)
	}
	e.answered(l)
}
