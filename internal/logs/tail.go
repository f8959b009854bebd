package logs

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
)

// errShrunk means that the file was emptied while it was read.
var errShrunk = errors.New("the file has become shorter")

// openRegular opens a file for reading; nil without an error: it is a terminal,
// a FIFO or a device, whose opening might block and whose bytes are gone.
func openRegular(path string) (*os.File, error) {
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() && !st.IsDir() {
		return nil, err
	}
	return os.Open(path)
}

// block is how much is read at once.
const block = 64 << 10

// lastLines returns where the last n lines of r between two offsets begin, and
// how many there are. What follows the last newline counts as a line. With
// wanted, only lines count for which it is true.
func lastLines(r io.ReaderAt, from, to int64, n int, wanted func([]byte) bool) (start int64, found int, err error) {
	if n <= 0 {
		return to, 0, nil
	}
	if wanted != nil {
		return lastWanted(r, from, to, n, wanted)
	}
	buf := make([]byte, min(to-from, block))
	for at := to; at > from; {
		b, err := readBefore(r, buf, from, at)
		if err != nil {
			return 0, 0, err
		}
		at -= int64(len(b))
		if at+int64(len(b)) == to {
			b = bytes.TrimSuffix(b, []byte("\n")) // it ends the last line
		}
		for i := bytes.LastIndexByte(b, '\n'); i >= 0; i = bytes.LastIndexByte(b[:i], '\n') {
			if found++; found == n {
				return at + int64(i) + 1, found, nil
			}
		}
	}
	if to > from {
		found++
	}
	return from, found, nil
}

// readBefore fills buf with what is before an offset, not before from.
func readBefore(r io.ReaderAt, buf []byte, from, at int64) ([]byte, error) {
	b := buf[:min(at-from, int64(len(buf)))]
	if got, err := r.ReadAt(b, at-int64(len(b))); got < len(b) {
		if err == io.EOF {
			err = errShrunk
		}
		return nil, err
	}
	return b, nil
}

// lastWanted is lastLines with a condition. Of a very long line the last part
// that it is read in counts.
func lastWanted(r io.ReaderAt, from, to int64, n int, wanted func([]byte) bool) (start int64, found int, err error) {
	buf := make([]byte, min(to-from, block))
	var text []byte // from at on, up to the newline that ends its last line
	start = to
	for at := to; at > from; {
		b, err := readBefore(r, buf, from, at)
		if err != nil {
			return 0, 0, err
		}
		at -= int64(len(b))
		if at+int64(len(b)) == to {
			b = bytes.TrimSuffix(b, []byte("\n"))
		}
		text = append(bytes.Clone(b), text...)
		for i := bytes.LastIndexByte(text, '\n'); i >= 0 || at == from; i = bytes.LastIndexByte(text, '\n') {
			if wanted(text[i+1:]) {
				start, found = at+int64(i)+1, found+1
			}
			if text = text[:max(i, 0)]; found == n || i < 0 {
				break
			}
		}
		if found == n {
			break
		}
		text = text[:min(len(text), maxLine)]
	}
	return start, found, nil
}

// last is Last with a number for all lines.
func (q *Query) last() int {
	if q.Last < 0 {
		return math.MaxInt
	}
	return q.Last
}
