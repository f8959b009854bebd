package logs

import (
	"bytes"
	"errors"
	"os"
	"time"
)

// room returns how many bytes of b may go to the file as it is, and before that
// puts the file aside if its time has come and it ends with a whole line.
func (f *plainFeed) room(b []byte) int {
	if !f.sink.Rotate.active() {
		return len(b)
	}
	st, err := f.file.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return len(b)
	}
	size := st.Size()
	if !f.sink.Rotate.due(size, st.ModTime(), time.Now()) {
		if f.sink.Rotate.Size > 0 {
			return int(min(int64(len(b)), f.sink.Rotate.Size-size))
		}
		return len(b)
	}
	if i := bytes.IndexByte(b, '\n'); f.inLine && (f.sink.Rotate.Size <= 0 || size-f.sink.Rotate.Size < maxOver) {
		if i < 0 {
			return len(b)
		}
		return i + 1
	}
	if err := f.rotate(st); err != nil {
		f.fail(0, err)
	}
	return len(b)
}

// rotate puts the file aside, unless another feed has, and begins a new one. Its
// old file is closed before, since Windows renames no open one; when the new
// one cannot be had, it is opened again.
func (f *plainFeed) rotate(st os.FileInfo) error {
	path := resolve(f.path)
	f.keeper.chains.Lock()
	named := sameFile(f.file, path)
	f.file.Close()
	var err error
	if named {
		err = pathless(f.keeper.disk.shift(path, f.sink.Rotate.Files))
	}
	f.keeper.chains.Unlock()
	f.keeper.soon(path, f.sink.Rotate.Files)
	file, again := openAppend(path)
	f.file, f.marks = file, marks{}
	if again == nil && named && err == nil {
		likeness(file, st)
	}
	return errors.Join(err, again)
}
