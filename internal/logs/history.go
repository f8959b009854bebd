package logs

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"syscall"
)

// logFile is an open file of a log.
type logFile struct {
	part
	file *os.File
	st   os.FileInfo
	size int64 // of what is in it, uncompressed
}

// history is the open files of a log, the newest first.
type history []logFile

func (h history) close() {
	for _, f := range h {
		f.file.Close()
	}
}

// errShifted means that the files got other names while they were opened.
var errShifted = errors.New("the log is put aside again and again")

// openHistory opens all files of a log at one moment between two rotations.
func openHistory(path string) (h history, err error) {
	for range 100 {
		if h, err = tryHistory(path); err != errShifted {
			return h, err
		}
	}
	return nil, err
}

func tryHistory(path string) (h history, err error) {
	defer func() {
		if err != nil {
			h.close()
			h = nil
		}
	}()
	if h, err = h.open(part{path: path}); err != nil && !missing(err) {
		return h, err
	}
	list, err := olderParts(resolve(path))
	if err != nil && !missing(err) {
		return h, err
	}
	for _, p := range list {
		if h, err = h.open(p); missing(err) {
			return h, errShifted
		} else if err != nil {
			return h, err
		}
	}
	// In the middle of a rotation the list is another, at its end the current file.
	again, _ := olderParts(resolve(path))
	if !slices.Equal(list, again) || !h.stillCurrent(path) {
		return h, errShifted
	}
	return h, nil
}

// stillCurrent tells whether the path leads to the current file, or to none
// where there was none.
func (h history) stillCurrent(path string) bool {
	now, err := os.Stat(path)
	there := err == nil && now.Mode().IsRegular()
	old := h.current()
	return there == (old != nil) && (!there || os.SameFile(now, old.st))
}

// open adds a file. What is no regular file has nothing to read back.
func (h history) open(p part) (history, error) {
	file, err := openRegular(p.path)
	if err != nil || file == nil {
		return h, err
	}
	f := logFile{part: p, file: file}
	if f.st, err = file.Stat(); err == nil {
		f.size = f.st.Size()
		if p.packed {
			var size uint32
			size, err = packedSize(p.path)
			f.size = int64(size)
		}
	}
	if err != nil {
		file.Close()
		return h, err
	}
	return append(h, f), nil
}

// current is the file that is written to, or nil.
func (h history) current() *logFile {
	if len(h) > 0 && h[0].n == 0 {
		return &h[0]
	}
	return nil
}

func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// span is the part of a file that a query wants.
type span struct {
	logFile
	from, to int64
	skip     int // so many of its wanted lines come too early
}

// spans returns what is wanted of the files, the oldest first. It reads
// backwards, and no more than it has to.
func (h history) spans(q *Query, wanted func([]byte) bool) (list []span, err error) {
	left := q.last()
	for _, f := range h {
		if left == 0 || !q.Since.IsZero() && f.st.ModTime().Before(q.Since) {
			break
		}
		s := span{logFile: f, to: f.size}
		s.bound(q)
		if s.from >= s.to {
			continue
		}
		found, err := s.narrow(left, wanted)
		if err != nil {
			return nil, err
		}
		left -= found
		list = append(list, s)
	}
	slices.Reverse(list)
	return list, nil
}

// bound leaves what was written between the times of a query.
func (s *span) bound(q *Query) {
	base := s.path
	if s.packed {
		base = base[:len(base)-len(packedExt)]
	}
	if !q.Since.IsZero() {
		s.from = since(base, s.size, q.Since)
	}
	if !q.Until.IsZero() {
		s.to = until(base, s.size, q.Until)
	}
}

// narrow leaves the last n wanted lines, and tells how many there are; 0 where
// all are wanted anyhow.
func (s *span) narrow(n int, wanted func([]byte) bool) (found int, err error) {
	switch {
	case n == math.MaxInt:
		return 0, nil
	case s.packed:
		if found, err = s.count(wanted); found > n {
			s.skip, found = found-n, n
		}
		return found, err
	}
	s.from, found, err = lastLines(s.file, s.from, s.to, n, wanted)
	return found, err
}

// count tells how many wanted lines a compressed file has.
func (s *span) count(wanted func([]byte) bool) (n int, err error) {
	if wanted != nil {
		c := cutter{out: func(text []byte) {
			if wanted(text) {
				n++
			}
		}}
		err = s.read(context.Background(), c.write)
		c.flush()
		return n, err
	}
	last := byte('\n')
	err = s.read(context.Background(), func(b []byte) {
		n += bytes.Count(b, []byte("\n"))
		last = b[len(b)-1]
	})
	if last != '\n' {
		n++
	}
	return n, err
}

// read gives out the bytes of the span, piece by piece. A file that was emptied
// meanwhile has no more.
func (s *span) read(ctx context.Context, out func([]byte)) error {
	var r io.Reader = io.NewSectionReader(s.file, s.from, s.to-s.from)
	if s.packed {
		z, err := gzip.NewReader(io.NewSectionReader(s.file, 0, math.MaxInt64))
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		defer z.Close()
		if _, err := io.CopyN(io.Discard, z, s.from); err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		r = io.LimitReader(z, s.to-s.from)
	}
	buf := make([]byte, block)
	for ctx.Err() == nil {
		n, err := r.Read(buf)
		if n > 0 {
			out(buf[:n])
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
	}
	return nil
}
