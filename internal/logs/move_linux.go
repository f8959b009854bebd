package logs

import (
	"io"

	"golang.org/x/sys/unix"
)

// move takes up to a portion of bytes out of the pipe of f and tells what it left.
func (e *engine) move(f *feed) (n int64, left int) {
	e.ready(f)
	for n < portion {
		want, left := f.offer(portion - n)
		if left == stuck && f.patience > 0 && e.now() >= f.patience {
			f.giveUp()
			continue
		}
		if want == 0 {
			return n, left
		}
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
		f.took(m)
		if m < want && len(f.waits) == 0 {
			return n, emptied // or the disk is full; then we are back soon
		}
	}
	return n, more
}

// ready finds the place where the file of f goes on.
func (e *engine) ready(f *feed) {
	f.failing = false
	if f.kind != regular {
		return
	}
	now := e.now()
	if f.out == nil {
		if now-f.tried < openEvery {
			f.failing = true
			return
		}
		f.tried = now
		if err := e.reopen(f); err != nil {
			f.fail(err)
			return
		}
	}
	if err := e.findEnd(f); err != nil {
		f.fail(err)
	}
}

// findEnd goes to the end of the file, after having made it anew if it was
// deleted or renamed. When that cannot be done a renamed file is written on.
func (e *engine) findEnd(f *feed) error {
	if f.out == nil { // the path has become a device
		return nil
	}
	named, err := f.out.atEnd()
	if err != nil {
		return err
	}
	now := e.now()
	if named && (now-f.looked < lookEvery) {
		return nil
	}
	f.looked = now
	if named && f.out.isAt(f.path) {
		return nil
	}
	if err := e.reopen(f); err != nil {
		if named {
			return nil
		}
		e.files.release(f.out)
		f.out, f.tried = nil, now
		return err
	}
	if f.out != nil {
		_, err = f.out.atEnd()
	}
	return err
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
	if f.failing && m > 0 {
		f.lost.Add(uint64(m))
	}
	return m, err
}

func (e *engine) write(f *feed, n int64) (int64, error) {
	if !f.out.copies {
		m, err := e.sys.splice(f.pipe, f.out.fd, &f.out.end, n)
		if err != unix.EINVAL {
			return m, err
		}
		f.out.copies = true
	}
	if e.copying == nil {
		c, err := newCopier()
		if err != nil {
			return 0, err
		}
		e.copying = c
	}
	return e.copying.copy(f.pipe, f.out, n, e.null)
}
