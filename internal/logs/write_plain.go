package logs

import (
	"math"
	"time"
)

func (f *plainFeed) write(b []byte) {
	if f.also != nil {
		f.also.Write(b) // a broken copy does not matter to the file
	}
	switch {
	case f.path == "":
	case f.lines == nil:
		f.put(b)
	default:
		f.part = append(f.part, b...)
		f.putLines(false)
	}
}

// putLines writes the whole lines of part, and more of it if it has grown too
// long or its process has ended.
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
		f.put(text)
	}
	f.text = text[:0]
	f.part = append(f.part[:0], f.part[used:]...)
}

// maxPart is how much of a line is held before it is written in pieces.
const maxPart = 64 << 10

// put writes bytes to the file.
func (f *plainFeed) put(b []byte) {
	f.look()
	f.mark()
	for len(b) > 0 && f.file != nil {
		n := f.room(b)
		if f.file == nil {
			break
		}
		n, err := f.file.Write(b[:n])
		if err != nil {
			f.fail(len(b)-n, err)
			return
		}
		f.inLine = n > 0 && b[n-1] != '\n'
		b = b[n:]
	}
	f.lost.Add(uint64(len(b)))
}
