package logs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
)

// Tail returns the last n lines of a file without their newlines, oldest
// first; what follows the last newline counts as a line. Bytes come as they
// are. It reads backwards and holds no more than the lines it returns. What is
// not a regular file has no lines to read back.
func Tail(path string, n int) ([]string, error) {
	f, err := openRegular(path)
	if f == nil || err != nil {
		return nil, err
	}
	defer f.Close()
	for {
		st, err := f.Stat()
		if err != nil {
			return nil, err
		}
		lines, err := tail(f, st.Size(), n)
		if !errors.Is(err, errShrunk) {
			return lines, err
		}
	}
}

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

// tail returns the last n lines of the first end bytes.
func tail(r io.ReaderAt, end int64, n int) ([]string, error) {
	start, err := startOf(r, end, n)
	if err != nil || start == end {
		return nil, err
	}
	var text strings.Builder
	text.Grow(int(end - start))
	if _, err := io.Copy(&text, io.NewSectionReader(r, start, end-start)); err != nil {
		return nil, err
	}
	if int64(text.Len()) < end-start {
		return nil, errShrunk
	}
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n"), nil
}

// block is how much is read at once.
const block = 64 << 10

// startOf returns where the last n lines of the first end bytes begin.
func startOf(r io.ReaderAt, end int64, n int) (int64, error) {
	if n <= 0 {
		return end, nil
	}
	buf := make([]byte, min(end, block))
	for at := end; at > 0; {
		b := buf[:min(at, block)]
		at -= int64(len(b))
		if got, err := r.ReadAt(b, at); got < len(b) {
			if err == io.EOF {
				err = errShrunk
			}
			return 0, err
		}
		if at+int64(len(b)) == end {
			b = bytes.TrimSuffix(b, []byte("\n")) // it ends the last line
		}
		for i := bytes.LastIndexByte(b, '\n'); i >= 0; i = bytes.LastIndexByte(b[:i], '\n') {
			if n--; n == 0 {
				return at + int64(i) + 1, nil
			}
		}
	}
	return 0, nil
}
