package logs

import (
	"bytes"
	"errors"
	"os"
	"time"
)

// room returns how many bytes of b, of the pipe f, may go to the file as it is,
// and before that puts the file aside if its time has come and it ends with a
// whole line. o.mu is held.
func (o *plainFile) room(f *plainFeed, b []byte) int {
	rule := f.sink.Rotate
	if !rule.active() {
		return len(b)
	}
	st := o.regular()
	if st == nil {
		return len(b)
	}
	size := st.Size()
	if !rule.due(size, st.ModTime(), time.Now()) {
		if rule.Size > 0 {
			return int(min(int64(len(b)), rule.Size-size))
		}
		return len(b)
	}
	if i := bytes.IndexByte(b, '\n'); o.inLine && (rule.Size <= 0 || size-rule.Size < maxOver) {
		if i < 0 {
			return len(b)
		}
		return i + 1
	}
	if err := o.rotate(st, rule.Files); err != nil {
		f.fail(0, err)
	} else {
		f.content()
	}
	return len(b)
}

// rotate puts the file aside, unless somebody else has, and begins a new one. The
// old one is closed before, since Windows renames no open file; when the new one
// cannot be had, it is opened again.
func (o *plainFile) rotate(st os.FileInfo, keep int) error {
	k := o.of.keeper
	k.chains.Lock()
	named := sameFile(o.file, o.path)
	o.file.Close()
	var err error
	if named {
		err = pathless(k.disk.shift(o.path, keep))
	}
	file, again := openAppend(o.path)
	k.chains.Unlock()
	k.soon(o.path, keep)
	o.become(file)
	if again == nil && named && err == nil {
		likeness(file, st)
	}
	return errors.Join(err, again)
}
