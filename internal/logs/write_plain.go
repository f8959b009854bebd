package logs

import (
	"math"
	"time"
)

// write moves bytes that were read to where they belong.
func (f *plainFeed) write(b []byte) {
	if f.also != nil {
		f.also.Write(b) // a broken copy does not matter to the file
	}
	if f.path == "" {
		return
	}
	defer f.begin()()
	if f.lines == nil {
		f.put(b)
		return
	}
	f.part = append(f.part, b...)
	f.putLines(false)
}

// begin locks the file, if there is one, and returns what ends that.
func (f *plainFeed) begin() (end func()) {
	f.look()
	if f.out == nil {
		return func() {}
	}
	f.out.take(f)
	if err := f.out.look(); err != nil {
		f.fail(0, err)
	}
	return f.out.mu.Unlock
}

// putLines writes the whole lines of part, and more of it if it has grown too
// long or its process has ended. The file is locked.
func (f *plainFeed) putLines(ended bool) {
	f.lines.now(time.Now())
	text, used := f.lines.lines(f.text[:0], f.part, math.MaxInt)
	switch rest := f.part[used:]; {
	case ended && (len(rest) > 0 || f.lines.open):
		text, used = f.lines.end(f.lines.part(text, rest)), len(f.part)
	case len(rest) >= maxPart:
		n := f.lines.cut(rest)
		text, used = f.lines.part(text, rest[:n]), used+n
	}
	if len(text) > 0 {
		f.putText(text)
	}
	f.text = text[:0]
	f.part = append(f.part[:0], f.part[used:]...)
}

// maxPart is how much of a line is held before it is written in pieces.
const maxPart = 64 << 10

// putText writes whole lines, or the next piece of one. A line that lost its
// middle is not gone on with.
func (f *plainFeed) putText(text []byte) {
	if o := f.out; o != nil && o.inLine && o.holder != f {
		f.put([]byte("\n"))
	}
	whole := f.put(text)
	f.lines.open = f.lines.open && whole
	if f.out != nil {
		f.out.hold(f, f.lines.open)
	}
}

// put writes bytes to the file, which is locked, and tells whether all could be
// written. The others are counted.
func (f *plainFeed) put(b []byte) (whole bool) {
	o := f.out
	if o != nil && f.sink.Index {
		o.mark()
	}
	for len(b) > 0 && o != nil && o.file != nil {
		n := o.room(f, b)
		if o.file == nil {
			break
		}
		n, err := o.file.Write(b[:n])
		if n > 0 {
			o.inLine = b[n-1] != '\n'
		}
		if err != nil {
			f.fail(len(b)-n, err)
			return false
		}
		b = b[n:]
	}
	f.lost.Add(uint64(len(b)))
	return len(b) == 0
}
