package logs

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// room returns how many of the next n bytes of f may go to its file as it is,
// and before that puts the file aside if its time has come and it
// ends with a whole line.
func (e *engine) room(f *feed, n int64) int64 {
	out := f.out
	if out == nil || f.failing || !f.sink.Rotate.active() || e.now() < out.retry {
		return n
	}
	if !f.complete() {
		return f.upToLimit(n)
	}
	if pending(f.pipe) == 0 {
		return n // nothing is to be written
	}
	rest := e.restOfLine(f, n)
	if rest > 0 {
		return rest
	}
	if err := e.rotate(f); err != nil {
		out.retry = e.now() + lookEvery
		if f.out == nil {
			f.fail(err)
		} else {
			f.grumble(err)
		}
		return n
	}
	f.content()
	e.mark(f)
	return f.upToLimit(n)
}

// complete tells whether the file of f is to be put aside. The clock is asked only
// where the rule has to do with it.
func (f *feed) complete() bool {
	var last, now time.Time
	if f.sink.Rotate.Every > 0 {
		last, now = time.Unix(0, f.out.last), time.Now()
	}
	return f.sink.Rotate.due(f.out.end, last, now)
}

// upToLimit cuts n at the size at which the file is to be put aside.
func (f *feed) upToLimit(n int64) int64 {
	if f.out == nil || f.sink.Rotate.Size <= 0 || f.out.end >= f.sink.Rotate.Size {
		return n
	}
	return min(n, f.sink.Rotate.Size-f.out.end)
}

// restOfLine returns how many of the next n bytes belong to the line that the
// file ends with; 0: none.
func (e *engine) restOfLine(f *feed, n int64) int64 {
	tooMuch := f.sink.Rotate.Size > 0 && f.out.end-f.sink.Rotate.Size >= maxOver
	if tooMuch || e.lineEnded(f) {
		return 0
	}
	s, err := e.borrow()
	if err != nil {
		return 0
	}
	b, err := s.peek(f.pipe, n)
	if err == unix.EAGAIN {
		return n // whoever reads the pipe finds out, too
	}
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return int64(i) + 1
	}
	return int64(len(b))
}

// rotate puts the file of f aside and begins a new one, for all pipes that write
// to it. When another file is at the path already, only that one is opened.
// Killed in between, there is no file at the path, and the successor makes one.
func (e *engine) rotate(f *feed) error {
	if !e.isAtPath(f) {
		return e.remake(f)
	}
	out, keeper := f.out, e.keeper(f.disk())
	var o opened
	var err error
	e.errand(f, func() { o, err = e.putAside(f.path, out.fd, keeper, f.sink.Rotate.Files) })
	if err != nil {
		return err
	}
	f.looked = e.now()
	o.copies = o.copies || out.copies
	e.shut(f, e.files.replace(out, o))
	return nil
}

// putAside puts the log at a path aside, which is open as old, and makes a new one.
func (e *engine) putAside(path string, old int, k *keeper, keep int) (opened, error) {
	path = resolve(path)
	if err := k.shift(path, keep); err != nil {
		return opened{}, err
	}
	o, err := e.sys.open(path)
	if err != nil {
		return opened{}, err
	}
	if o.kind != regular {
		unix.Close(o.fd)
		return opened{}, errors.New("something else is at its place now")
	}
	sameLook(o.fd, old)
	return o, nil
}

// sameLook gives a new file the mode and, where it may, the owner of the old.
func sameLook(fd, old int) {
	var st, now unix.Stat_t
	if unix.Fstat(old, &st) != nil || unix.Fstat(fd, &now) != nil {
		return
	}
	unix.Fchmod(fd, st.Mode&0o777)
	if st.Uid != now.Uid || st.Gid != now.Gid {
		unix.Fchown(fd, int(st.Uid), int(st.Gid))
	}
}

// grumble notes what is wrong although no byte is lost; content takes it back.
func (f *feed) grumble(err error) {
	why := fmt.Errorf("rotate log %s: %w", f.path, pathless(err))
	f.why.Store(&why)
}
