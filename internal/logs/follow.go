package logs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"
)

// How often the files are looked at without being told: where there are no
// notifications, and as a safety net where there are (a link in the path that
// points elsewhere now, a network file system that another machine writes to).
const (
	pollEvery = time.Second / 4
	lookAgain = time.Second
)

// Follow emits the lines of each source that a query wants, as Read does, and
// then each new one, until ctx ends, which is no error. It survives a file that
// does not exist yet, is put aside, emptied, renamed or made anew. A line that
// goes on without a newline for a second or for 1 MiB is emitted as it is, and
// its rest as another line.
// emit, q.More and q.Pause are called from the calling goroutine.
func Follow(ctx context.Context, sources []Source, q Query, emit func(Line)) error {
	return followWith(ctx, newNotifier(), sources, q, emit)
}

// followWith is Follow with a notifier, which it closes.
func followWith(ctx context.Context, notes notifier, sources []Source, q Query, emit func(Line)) error {
	f := &follower{ctx: ctx, query: q, emit: emit, notes: notes, buf: make([]byte, block), asked: time.Now()}
	defer f.close()
	for _, s := range sources {
		if err := f.begin(s, &f.query); err != nil {
			return err
		}
	}
	return f.run()
}

// notifier tells which files may have changed.
type notifier interface {
	// watch begins to watch path for source i; file is what is open there, or nil.
	watch(i int, path string, file *os.File)
	// wait returns the sources to look at, or, after some time, all: true.
	wait(ctx context.Context) (changed []int, all bool)
	close()
}

// follower reads along with several files.
type follower struct {
	ctx   context.Context
	query Query
	emit  func(Line)
	notes notifier
	files []*followed
	buf   []byte
	asked time.Time // when query.More was called
}

// followed is one of the files.
type followed struct {
	*reading
	index int
	file  *os.File // nil: there was none yet
	at    int64    // read up to here
}

// begin emits what a query wants of a source, and stays where that ends.
func (f *follower) begin(src Source, q *Query) error {
	s := &followed{reading: newReading(src, q, f.emit), index: len(f.files)}
	f.files = append(f.files, s)
	h, err := s.history(f.ctx, q)
	if err != nil {
		return err
	}
	s.wanted = f.query.wants(&src)
	if h.current() == nil {
		s.restart()
	}
	if len(h) > 0 && !h[0].packed { // an older one in the middle of a rotation
		s.file, s.at = h[0].file, h[0].size
		h = h[1:]
	}
	h.close()
	f.notes.watch(s.index, s.Path, s.file)
	return nil
}

// open opens what is at the path now, if there is something, and watches it.
func (f *follower) open(s *followed) error {
	file, err := openRegular(s.Path)
	s.file = file
	f.notes.watch(s.index, s.Path, file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	return nil
}

func (f *follower) close() {
	for _, s := range f.files {
		s.flush()
		closeFile(s.file)
	}
	f.notes.close()
}

// run reads what is new until the context ends.
func (f *follower) run() error {
	changed, all := []int(nil), true
	for f.ctx.Err() == nil {
		if all {
			f.more()
			changed = changed[:0]
			for i := range f.files {
				changed = append(changed, i)
			}
		}
		for _, i := range changed {
			if err := f.look(f.files[i]); err != nil {
				return err
			}
		}
		if all {
			f.flushOld()
		}
		if f.query.Pause != nil {
			f.query.Pause()
		}
		changed, all = f.notes.wait(f.ctx)
	}
	return nil
}

// more begins with the sources that have come meanwhile. One that cannot be read
// may be later, and is not shown until it is there anew.
func (f *follower) more() {
	if f.query.More == nil {
		return
	}
	last := f.asked
	f.asked = time.Now()
	for _, s := range f.query.More() {
		q := f.query
		q.Last, q.Since = -1, last
		if err := f.begin(s, &q); err != nil {
			f.notes.watch(len(f.files)-1, s.Path, nil)
		}
	}
}

// flushOld emits the begun lines that have not grown since its last call.
func (f *follower) flushOld() {
	for _, s := range f.files {
		if !s.grew {
			s.flush()
		}
		s.grew = false
	}
}

// look reads what is new in s, and goes over to another file at its path.
func (f *follower) look(s *followed) error {
	if s.file == nil {
		if f.open(s) != nil || s.file == nil {
			return nil // it may be allowed, or there, later
		}
		return f.read(s)
	}
	if err := f.read(s); err != nil || !replaced(s) {
		return err
	}
	if err := f.read(s); err != nil { // what came before it was replaced
		return err
	}
	return f.changeOver(s)
}

// changeOver goes over to the file that is at the path now, after what was
// written to files that have been put aside since the one that is open in s was:
// rotation may be quicker than we are. While there is none, s stays as it is.
func (f *follower) changeOver(s *followed) error {
	old, err := s.file.Stat()
	if err != nil {
		return err
	}
	h, err := openHistory(s.Path)
	if err != nil || h.current() == nil {
		h.close()
		return nil
	}
	defer func() { h[1:].close() }()
	for _, p := range slices.Backward(h[1:max(h.newer(old), 1)]) {
		s.restart()
		whole := span{logFile: p, to: p.size}
		if err := whole.read(f.ctx, s.write); err != nil {
			h[0].file.Close()
			return err
		}
	}
	s.restart()
	s.file.Close()
	s.file, s.at = h[0].file, 0
	f.notes.watch(s.index, s.Path, s.file)
	return f.read(s)
}

// newer tells how many of the files, the newest first, were begun after another
// one was put aside.
func (h history) newer(old os.FileInfo) int {
	if i := slices.IndexFunc(h, func(f logFile) bool { return os.SameFile(f.st, old) }); i >= 0 {
		return i
	}
	i := 0
	for i < len(h) && h[i].st.ModTime().After(old.ModTime()) {
		i++
	}
	return i
}

// replaced tells whether there is another file at the path. None at all is no
// replacement: the old one may be written to until there is.
func replaced(s *followed) bool {
	now, err := os.Stat(s.Path)
	if err != nil {
		return false
	}
	old, err := s.file.Stat()
	return err == nil && !os.SameFile(now, old)
}

// read emits what is new in the file. A file shorter than what was read has
// been emptied, and begins again.
func (f *follower) read(s *followed) error {
	st, err := s.file.Stat()
	if err != nil {
		return err
	}
	if st.Size() < s.at {
		s.restart()
		s.at = 0
	}
	for f.ctx.Err() == nil {
		n, err := s.file.ReadAt(f.buf, s.at)
		s.at += int64(n)
		s.write(f.buf[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ticker is a notifier that knows nothing and lets all be looked at.
type ticker struct{}

func (ticker) watch(int, string, *os.File) {}

func (ticker) close() {}

func (ticker) wait(ctx context.Context) ([]int, bool) {
	select {
	case <-ctx.Done():
	case <-time.After(pollEvery):
	}
	return nil, true
}
