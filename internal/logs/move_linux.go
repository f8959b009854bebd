package logs

import (
	"io"

	"golang.org/x/sys/unix"
)

// move takes up to a portion of bytes out of the pipe of f and tells what it left.
func (e *engine) move(f *feed) (n int64, left int) {
	if left := e.ready(f); left != more {
		return 0, left
	}
	e.mark(f)
	if f.lines != nil && f.kind == regular {
		return e.moveLines(f)
	}
	for n < portion {
		want, left := f.offer(portion - n)
		if left == stuck && f.patience > 0 && e.now() >= f.patience {
			f.giveUp()
			continue
		}
		if want == 0 {
			return n, left
		}
		want = e.room(f, want)
		m, err := e.put(f, want)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return n, emptied
		case err != nil || m == 0:
			return n, gone
		}
		n += m
		if m < want && len(f.waits) == 0 {
			return n, emptied // or the disk is full; then we are back soon
		}
	}
	return n, more
}

// ready finds the place where the file of f goes on, and makes the file anew if
// it is gone and there is something to write. It returns more when bytes may be
// moved, else what is in the pipe.
func (e *engine) ready(f *feed) (left int) {
	f.failing = false
	if f.kind != regular || e.inPlace(f) {
		return more
	}
	if left := glance(f.pipe); left != more {
		return left
	}
	if err := e.remake(f); err != nil {
		f.fail(err)
	}
	return more
}

// inPlace goes to the end of the file and tells whether it is still the one at
// the path. A file that could not be opened a moment ago counts as in place.
func (e *engine) inPlace(f *feed) bool {
	now := e.now()
	if f.out == nil {
		f.failing = now-f.tried < openEvery
		return f.failing
	}
	named, err := e.atEnd(f)
	if err != nil {
		f.fail(err)
		return true
	}
	if !named || now-f.looked < lookEvery {
		return named
	}
	if !e.isAtPath(f) {
		return false
	}
	f.looked = now
	return true
}

// atEnd is that of the file of f.
func (e *engine) atEnd(f *feed) (named bool, err error) {
	var st unix.Stat_t
	ticket := e.depart(f)
	err = unix.Fstat(f.out.fd, &st)
	e.arrive(ticket)
	if err != nil {
		return true, err
	}
	return f.out.goTo(&st), nil
}

// isAtPath tells whether the file of f, if there is one, is still at its path.
func (e *engine) isAtPath(f *feed) (is bool) {
	if out := f.out; out != nil {
		e.errand(f, func() { is = out.isAt(f.path) })
	}
	return is
}

// remake opens the path of f again. When that cannot be done, a file that was
// renamed is written on.
func (e *engine) remake(f *feed) error {
	f.looked, f.tried = e.now(), e.now()
	err := e.reopen(f)
	if f.out == nil { // there was none, or the path is a device now
		return err
	}
	named, endErr := e.atEnd(f)
	if err == nil || named {
		return endErr
	}
	out := f.out
	f.dev, f.out = f.disk(), nil
	e.shut(f, e.files.release(out))
	return err
}

// glance tells what is in a pipe: more, or nothing now, or for good.
func glance(pipe int) (left int) {
	set := []unix.PollFd{{Fd: int32(pipe), Events: unix.POLLIN}}
	unix.Poll(set, 0)
	switch {
	case set[0].Revents&unix.POLLIN != 0:
		return more
	case set[0].Revents != 0:
		return gone
	}
	return emptied
}

// put moves up to n bytes from the pipe to the file, or out of the way when they
// cannot be written: a full disk must not stop a program. It returns EAGAIN when
// the pipe is empty, and 0 when it has no writer either.
func (e *engine) put(f *feed, n int64) (int64, error) {
	if f.out != nil && !f.failing {
		m, err := e.write(f, n)
		if m == 0 && err == nil && pending(f.pipe) > 0 {
			err = io.ErrShortWrite
		}
		if err == nil || err == unix.EAGAIN || err == unix.EINTR {
			return m, err
		}
		f.fail(err)
	}
	m, err := e.sys.splice(f.pipe, e.null, nil, n)
	if m > 0 {
		f.took(m)
		if f.failing {
			f.lost.Add(uint64(m))
		}
	}
	return m, err
}

func (e *engine) write(f *feed, n int64) (int64, error) {
	f.out.broken, f.out.holder = true, nil
	if !f.out.copies {
		ticket := e.depart(f)
		m, err := e.sys.splice(f.pipe, f.out.fd, &f.out.end, n)
		e.arrive(ticket)
		if err != unix.EINVAL {
			f.took(max(m, 0))
			return m, err
		}
		f.out.copies = true
	}
	return e.copy(f, n)
}
