package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// target is a Sink made ready outside of the loop: opening can take its time.
type target struct {
	path   string
	kind   uint8
	sink   Sink           // what else it says
	file   opened         // kind regular
	err    error          // why it is not open
	comes  <-chan opening // then: it may be open later
	taps   []*tap
	stream *tap // of taps: the one that writes to path
}

// prepare opens what a Sink names. Its error means that a tap cannot be made;
// a file that cannot be opened is in the target's err.
func (e *engine) prepare(s Sink) (*target, error) {
	t := &target{path: s.Path, kind: null, sink: s}
	if s.Also != nil {
		also, err := newTap(s.Also)
		if err != nil {
			return nil, err
		}
		t.taps = append(t.taps, also)
	}
	if s.Path == "" {
		return t, nil
	}
	t.kind = regular
	t.sink.Also = nil // it is a tap now
	t.err = e.openFor(t)
	return t, nil
}

// take makes the target write to o, which it owns.
func (t *target) take(o opened) (err error) {
	switch t.kind = o.kind; o.kind {
	case regular:
		t.file = o
	case null:
		unix.Close(o.fd)
	case stream:
		t.kind = null
		if t.stream, err = newTap(os.NewFile(uintptr(o.fd), t.path)); err == nil {
			t.taps = append(t.taps, t.stream)
		}
	}
	return err
}

// failure is the error for the caller of Attach or Resink.
func (t *target) failure() error {
	if t.err != nil {
		return &SinkError{t.path, t.err}
	}
	return nil
}

// drop closes what the target has opened.
func (t *target) drop() {
	for _, tap := range t.taps {
		tap.finish()
	}
	if t.kind == regular && t.err == nil {
		unix.Close(t.file.fd)
	}
	if t.comes != nil {
		go func() { (<-t.comes).drop() }()
	}
}

// redirect makes t the target of an attached feed.
func (e *engine) redirect(key string, t *target) error {
	f := e.feeds[key]
	if f == nil {
		return ErrUnknown
	}
	if e.silent(f) != nil {
		return errSilent
	}
	old := f.out
	e.leaveTaps(f)
	e.aim(f, t)
	e.shut(f, e.files.release(old))
	if f.state == held {
		e.enqueue(f)
	}
	return nil
}

// aim points f at t, whose files it owns from now on, beside the taps it has.
// The file that f had is the caller's to release: afterwards, so that the same
// one stays open.
func (e *engine) aim(f *feed, t *target) {
	f.path, f.kind, f.out, f.dev = t.path, t.kind, nil, 0
	f.follow(t.sink)
	f.taps = append(f.taps, t.taps...)
	f.looked, f.tried = e.now(), e.now()
	for _, tap := range t.taps {
		e.byFD[tap.pipe] = f
	}
	if t.stream != nil {
		t.stream.report(func(n int, err error) { f.refuse(t.path, n, err) })
	}
	switch {
	case t.err != nil:
		f.fail(t.failure())
	case t.kind == regular:
		f.content()
		e.share(f, t.file, t.sink.Truncate)
	}
}

func (e *engine) share(f *feed, o opened, truncate bool) {
	o.copies = o.copies || e.locking[o.id.dev]
	out, first := e.files.share(o)
	f.out = out
	if !first {
		e.shut(f, o.fd)
		return
	}
	if truncate {
		if err := e.truncate(f, 0); err != nil {
			f.fail(err)
		}
	}
}

// truncate cuts the file of f.
func (e *engine) truncate(f *feed, size int64) (err error) {
	fd := f.out.fd
	e.errand(f, func() { err = e.sys.truncate(fd, size) })
	return err
}

// leaveTaps lets the taps of f write what they have and end.
func (e *engine) leaveTaps(f *feed) {
	for _, t := range f.taps {
		e.poll.forget(t.pipe)
		delete(e.byFD, t.pipe)
		t.finish()
	}
	f.taps = nil
}

// reopen opens the path of f again, because its file is gone from there or was
// never there. All feeds that wrote to the old file by the same name change
// over together, so that nobody who reads along has to read both.
func (e *engine) reopen(f *feed) error {
	var r opening
	e.errand(f, func() { r.file, r.err = e.sys.open(f.path) })
	return e.land(f, r)
}

// land has f write to the file that was opened for it.
func (e *engine) land(f *feed, r opening) error {
	t := &target{path: f.path, kind: regular, sink: f.sink}
	err := r.err
	if err == nil {
		err = t.take(r.file)
	}
	if err != nil {
		return &SinkError{f.path, err}
	}
	old := f.out
	e.aim(f, t)
	if old == nil {
		return nil
	}
	for _, g := range e.feeds {
		if g != f && g.out == old && g.path == f.path && t.kind == regular {
			f.out.refs++
			g.out, g.looked = f.out, f.looked
			e.files.release(old) // f has it, too
		}
	}
	e.shut(f, e.files.release(old))
	return nil
}

// emptyFile cuts the file of f to nothing.
func (e *engine) emptyFile(f *feed) error {
	if f.kind != regular {
		return nil
	}
	if e.silent(f) != nil {
		return errSilent
	}
	if f.out == nil {
		return f.cause
	}
	if f.out.holder != nil {
		f.out.holder.lines.open = false
	}
	f.out.holder, f.out.broken, f.out.marks = nil, false, marks{}
	return e.truncate(f, 0)
}
