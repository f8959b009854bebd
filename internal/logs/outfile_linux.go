package logs

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// fileID tells files apart, whatever their names.
type fileID struct{ dev, ino uint64 }

// The kinds of what a path may lead to.
const (
	regular uint8 = iota
	null          // /dev/null: bytes are thrown away without a copy
	stream        // a terminal, a FIFO, another device: it may block
)

// outfile is an open log file. All pipes that write to the same file share one,
// so that each writes behind the other.
type outfile struct {
	fd    int
	id    fileID
	end   int64 // where the next byte goes
	last  int64 // when it was last written to, in ns since 1970; as of the last atEnd
	refs  int
	marks marks

	// holder has written a line's beginning, since when; broken: the file may
	// end in the middle of a line otherwise.
	holder *feed
	since  time.Duration
	broken bool

	// retry: putting it aside failed, and is tried again then.
	retry time.Duration
	// copies: bytes go through memory. The file system has no splice_write, or splice
	// might keep the pipe locked for long.
	copies bool
}

// opened is an open file that no pipe writes to yet.
type opened struct {
	fd     int
	id     fileID
	kind   uint8
	copies bool // see outfile
}

// open opens a path for writing, as Sink.Path tells; not for appending, which
// splice(2) refuses.
func open(path string) (opened, error) {
	fd, err := openLog(path, 0)
	if err != nil {
		return opened{}, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return opened{}, err
	}
	return opened{fd, fileID{uint64(st.Dev), st.Ino}, kindOf(&st), isRemote(fd)}, nil
}

func kindOf(st *unix.Stat_t) uint8 {
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFREG:
		return regular
	case st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == unix.Mkdev(1, 3):
		return null
	}
	return stream
}

// outfiles is the table of open log files.
type outfiles map[fileID]*outfile

// share takes over o, unless the file is open already; then first is false.
func (t outfiles) share(o opened) (out *outfile, first bool) {
	if out = t[o.id]; out != nil {
		out.refs++
		return out, false
	}
	out = &outfile{fd: o.fd, id: o.id, refs: 1, broken: true, copies: o.copies}
	t[o.id] = out
	return out, true
}

// replace lets all pipes that write to out write to o from now on, which is a
// file that no pipe has open. The old one is the caller's to close.
func (t outfiles) replace(out *outfile, o opened) (old int) {
	delete(t, out.id)
	old = out.fd
	out.fd, out.id, out.end, out.copies, out.marks = o.fd, o.id, 0, o.copies, marks{}
	out.holder, out.broken = nil, false
	t[out.id] = out
	return old
}

// release returns the file that no pipe writes to any more, for the caller to
// close; -1: there is none. out may be nil.
func (t outfiles) release(out *outfile) (fd int) {
	if out == nil {
		return -1
	}
	if out.refs--; out.refs > 0 {
		return -1
	}
	delete(t, out.id)
	return out.fd
}

// goTo goes to the file's end, wherever that is by now: somebody may have
// emptied the file or written to it. It tells whether the file has a name left.
func (o *outfile) goTo(st *unix.Stat_t) (named bool) {
	if st.Size != o.end {
		o.broken = true // somebody else was here
		o.marks.any = o.marks.any && st.Size > o.end
	}
	o.end, o.last = st.Size, st.Mtim.Nano()
	return st.Nlink > 0
}

// isAt tells whether the path still leads to the file.
func (o *outfile) isAt(path string) bool {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	return err == nil && o.id == fileID{uint64(st.Dev), st.Ino}
}

// reader opens the file once more, for reading.
func (o *outfile) reader() (*os.File, error) {
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", o.fd))
}

// lineEnded tells whether the last byte ends a line. What cannot be read counts
// as ended.
func (o *outfile) lineEnded() bool {
	f, err := o.reader()
	if err != nil {
		return true
	}
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], o.end-1)
	return err != nil || b[0] == '\n'
}
