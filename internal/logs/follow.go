package logs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"syscall"
	"time"
)

// Source is a log file to follow, and whose output it holds.
type Source struct {
	App      string
	ID       int
	Instance int    // -1: of several instances
	Path     string // absolute
	Stream   string // "out" or "err"
}

// Line is one line of a Source, without its newline. Text may hold any bytes
// and belongs to the receiver.
type Line struct {
	App          string
	ID, Instance int
	Stream       string // "out" or "err"
	Text         []byte
}

// maxLine is how much of a line is held before it is emitted in parts.
const maxLine = 1 << 20

// How often the files are looked at without being told: where there are no
// notifications, and as a safety net where there are (a link in the path that
// points elsewhere now, a network file system that another machine writes to).
const (
	pollEvery = time.Second / 4
	lookAgain = time.Second
)

// Follow emits the last lines of each source (last of them; 0: none; negative:
// all) and then each new one, until ctx ends, which is no error. It survives a
// file that does not exist yet, is emptied, renamed or made anew. A line that
// goes on without a newline for a second or for 1 MiB is emitted as it is, and
// its rest as another line.
// emit is called from the calling goroutine.
func Follow(ctx context.Context, sources []Source, last int, emit func(Line)) error {
	return followWith(ctx, newNotifier(), sources, last, emit)
}

// followWith is Follow with a notifier, which it closes.
func followWith(ctx context.Context, notes notifier, sources []Source, last int, emit func(Line)) error {
	f := &follower{ctx: ctx, emit: emit, notes: notes, buf: make([]byte, block)}
	defer f.close()
	if last < 0 {
		last = math.MaxInt
	}
	for i, s := range sources {
		f.files = append(f.files, &followed{Source: s, index: i})
		if err := f.begin(f.files[i], last); err != nil {
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
	emit  func(Line)
	notes notifier
	files []*followed
	buf   []byte
}

// followed is one of the files.
type followed struct {
	Source
	index int
	file  *os.File // nil: there was none yet
	at    int64    // read up to here
	part  []byte   // a line that has no newline yet
	grew  bool     // part did, since the last look at all files
	split bool     // the beginning of this line has been emitted
}

// begin opens a file and stands before its last lines.
func (f *follower) begin(s *followed, last int) error {
	if err := f.open(s); err != nil || s.file == nil {
		return err
	}
	for {
		st, err := s.file.Stat()
		if err == nil {
			s.at, err = startOf(s.file, st.Size(), last)
		}
		if !errors.Is(err, errShrunk) {
			return err
		}
	}
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
		f.flush(s)
		closeFile(s.file)
	}
	f.notes.close()
}

// run reads what is new until the context ends.
func (f *follower) run() error {
	changed, all := []int(nil), true
	for f.ctx.Err() == nil {
		if all {
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
		changed, all = f.notes.wait(f.ctx)
	}
	return nil
}

// flushOld emits the begun lines that have not grown since its last call.
func (f *follower) flushOld() {
	for _, s := range f.files {
		if !s.grew {
			f.flush(s)
		}
		s.grew = false
	}
}

// look reads what is new in s, and goes over to another file at its path.
func (f *follower) look(s *followed) error {
	if s.file != nil {
		if err := f.read(s); err != nil {
			return err
		}
		if !replaced(s) {
			return nil
		}
		if err := f.read(s); err != nil { // what came before it was replaced
			return err
		}
		f.restart(s)
		s.file.Close()
	}
	if f.open(s) != nil || s.file == nil {
		return nil // it may be allowed, or there, later
	}
	return f.read(s)
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
		f.restart(s)
	}
	for f.ctx.Err() == nil {
		n, err := s.file.ReadAt(f.buf, s.at)
		s.at += int64(n)
		f.cut(s, f.buf[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cut emits the lines that end in b.
func (f *follower) cut(s *followed, b []byte) {
	for len(b) > 0 {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		s.part = append(s.part, line...)
		s.grew = true
		switch {
		case ended:
			f.end(s)
		case len(s.part) >= maxLine:
			f.flush(s)
		}
		b = rest
	}
}

// end emits a line that ends here, unless all of it has been emitted.
func (f *follower) end(s *followed) {
	if !s.split || len(s.part) > 0 {
		f.emitPart(s)
	}
	s.split = false
}

// flush emits what there is of a line.
func (f *follower) flush(s *followed) {
	if len(s.part) > 0 {
		f.emitPart(s)
		s.split = true
	}
}

// restart forgets the file that was read so far: another line begins.
func (f *follower) restart(s *followed) {
	f.flush(s)
	s.at, s.split = 0, false
}

func (f *follower) emitPart(s *followed) {
	f.emit(Line{s.App, s.ID, s.Instance, s.Stream, bytes.Clone(s.part)})
	s.part = s.part[:0]
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
