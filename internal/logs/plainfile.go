package logs

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// plainFiles is the table of the files that a plainEngine has open, by the paths
// that links lead to. Pipes that write to one file share it, so that each writes
// behind the other and all go on to the next file together.
type plainFiles struct {
	keeper *keeper
	began  time.Time
	open   map[string]*plainFile // guarded by keeper.chains: while names change, none is opened
}

// plainFile is an open log file.
type plainFile struct {
	of   *plainFiles
	path string // no link
	refs int    // guarded by of.keeper.chains

	mu     sync.Mutex
	file   *os.File // appends; nil: it could not be opened again
	looked time.Time
	marks  marks
	inLine bool // the last byte does not end a line

	// holder has written a line's beginning, since when; freed is closed when
	// it has written the end.
	holder *plainFeed
	since  time.Time
	freed  chan struct{}
}

func newPlainFiles() *plainFiles {
	return &plainFiles{keeper: newKeeper(), began: time.Now(), open: map[string]*plainFile{}}
}

// share opens a path; first tells that no pipe had it open. Each share ends with
// a release.
func (t *plainFiles) share(path string) (o *plainFile, first bool, err error) {
	t.keeper.chains.Lock()
	defer t.keeper.chains.Unlock()
	file, err := openAppend(path)
	if err != nil {
		return nil, false, err
	}
	path = resolve(path)
	if o = t.open[path]; o != nil {
		file.Close()
		o.refs++
		return o, false, nil
	}
	o = &plainFile{of: t, path: path, refs: 1}
	o.become(file)
	t.open[path] = o
	return o, true, nil
}

// release ends a share of f, and closes the file with the last one.
func (t *plainFiles) release(o *plainFile, f *plainFeed) {
	if o == nil {
		return
	}
	o.mu.Lock()
	o.hold(f, false)
	o.mu.Unlock()
	t.keeper.chains.Lock()
	defer t.keeper.chains.Unlock()
	if o.refs--; o.refs == 0 {
		delete(t.open, o.path)
		closeFile(o.file)
	}
}

// become makes o write to a file that was opened just now.
func (o *plainFile) become(file *os.File) {
	o.file, o.marks, o.looked = file, marks{}, time.Now()
	o.inLine = !endsLine(o.path)
}

// endsLine tells whether the last byte of a file ends a line. What cannot be read
// counts as ended.
func endsLine(path string) bool {
	f, err := openRegular(path)
	if err != nil || f == nil {
		return true
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.Seek(-1, io.SeekEnd); err != nil {
		return true
	}
	_, err = f.Read(b[:])
	return err != nil || b[0] == '\n'
}

// take locks the file for f, to write to it. While another pipe has the
// beginning of a line in it that waits, for at most maxHold; then that line is
// cut.
func (o *plainFile) take(f *plainFeed) {
	o.mu.Lock()
	for o.holder != nil && o.holder != f {
		left := time.Until(o.since.Add(maxHold))
		if left <= 0 {
			o.hold(o.holder, false)
			break
		}
		freed := o.freed
		o.mu.Unlock()
		select {
		case <-freed:
		case <-time.After(left):
		}
		o.mu.Lock()
	}
	if f.lines != nil && o.holder != f {
		f.lines.open = false // somebody else has ended it
	}
}

// hold notes whether the file ends with the beginning of a line of f. o.mu is held.
func (o *plainFile) hold(f *plainFeed, open bool) {
	switch {
	case open && o.holder != f:
		o.holder, o.since, o.freed = f, time.Now(), make(chan struct{})
	case !open && o.holder != nil && o.holder == f:
		o.holder = nil
		close(o.freed)
	}
}

// look opens the path, now and then, if it does not lead to the file any more. A
// renamed file is written on while that cannot be done. o.mu is held.
func (o *plainFile) look() error {
	every := lookEvery
	if o.file == nil {
		every = openEvery
	}
	if time.Since(o.looked) < every {
		return nil
	}
	o.looked = time.Now()
	if o.file != nil && sameFile(o.file, o.path) {
		return nil
	}
	file, err := openAppend(o.path)
	if err != nil {
		return err
	}
	closeFile(o.file)
	o.become(file)
	return nil
}

// regular returns what is known of the file if it is a regular one; else nil.
// o.mu is held.
func (o *plainFile) regular() os.FileInfo {
	if o.file == nil {
		return nil
	}
	st, err := o.file.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	return st
}

// empty cuts the file to nothing and tells whether it is one that can be cut.
func (o *plainFile) empty() (was bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.regular() == nil {
		return false, nil
	}
	o.hold(o.holder, false)
	o.marks, o.inLine = marks{}, false
	return true, o.file.Truncate(0)
}

// mark adds to the index of the file, if it is time. o.mu is held.
func (o *plainFile) mark() {
	if st := o.regular(); st != nil {
		if now := time.Since(o.of.began); o.marks.due(now) {
			o.marks.add(o.path, now, st.Size())
		}
	}
}

// leadsTo tells whether a path leads to a file of that path now. Where it leads
// nowhere it is as good as unchanged: the file itself is made anew.
func leadsTo(path, file string) bool {
	real, err := filepath.EvalSymlinks(path)
	return err != nil || real == file
}

func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}
