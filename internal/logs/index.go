package logs

import (
	"encoding/binary"
	"io"
	"os"
	"time"
)

// The time index of a log, FILE.idx, tells when which bytes of FILE were
// written: records of a time (ms since 1970) and an offset, both int64, little
// endian. What begins at the offset was written at the time, or up to indexEvery
// later. A record is added when there is something to write and the last one is
// indexEvery old: no more than 16 bytes each time, and no wake-up for it.
//
// It is a help and no more. Where records are missing, or are of a content that
// somebody cut off, more lines are found than were asked for, not less.
const (
	indexEvery = time.Second
	recordSize = 16
)

// marks is what a writer knows of the index of its file. Times are since the
// start of the pump.
type marks struct {
	any bool
	at  time.Duration // of the last record
}

// due tells whether bytes that are written now need a record.
func (m *marks) due(now time.Duration) bool { return !m.any || now-m.at >= indexEvery }

// add writes a record for a log file.
func (m *marks) add(path string, now time.Duration, offset int64) {
	*m = marks{true, now}
	addMark(path, offset)
}

// addMark writes a record. The first one of an empty file forgets what was. Errors
// are none of the log's: with the next record it is tried again.
func addMark(path string, offset int64) {
	f, err := openIndex(path+indexExt, offset == 0)
	if err != nil {
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return
	}
	var record [recordSize]byte
	binary.LittleEndian.PutUint64(record[:], uint64(time.Now().UnixMilli()))
	binary.LittleEndian.PutUint64(record[8:], uint64(offset))
	f.WriteAt(record[:], st.Size()-st.Size()%recordSize) // the disk was full: half a record
}

// firstAfter returns the offset from which on a file of some size was written
// later than t, as far as its index knows; size: nothing was.
func firstAfter(index io.ReaderAt, length, size int64, t time.Time) int64 {
	first := size
	var buf [256 * recordSize]byte
	for end := length - length%recordSize; end > 0; {
		b := buf[:min(end, int64(len(buf)))]
		end -= int64(len(b))
		if n, _ := index.ReadAt(b, end); n < len(b) {
			return 0 // it was just emptied
		}
		for at := len(b) - recordSize; at >= 0; at -= recordSize {
			when := int64(binary.LittleEndian.Uint64(b[at:]))
			offset := int64(binary.LittleEndian.Uint64(b[at+8:]))
			switch {
			case offset < 0 || offset > first:
				return 0 // of a content that is gone
			case when <= t.UnixMilli():
				return first
			}
			first = offset
		}
	}
	return 0
}

// since returns an offset before which a file of some size has nothing that was
// written at t or later.
func since(path string, size int64, t time.Time) int64 {
	return indexed(path, size, t.Add(-indexReach), 0)
}

// indexReach is how long after the time of a record its bytes may have been
// written: records tell whole milliseconds.
const indexReach = indexEvery + time.Millisecond

// until returns an offset from which on a file has nothing that was written at
// t or before.
func until(path string, size int64, t time.Time) int64 {
	return indexed(path, size, t, size)
}

// indexed is firstAfter of a file, or what to say without an index.
func indexed(path string, size int64, t time.Time, without int64) int64 {
	f, err := openRegular(path + indexExt)
	if err != nil || f == nil {
		return without
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Size() < recordSize {
		return without
	}
	return firstAfter(f, st.Size(), size, t)
}

// openIndex opens an index for writing.
func openIndex(path string, empty bool) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | noFollow
	if empty {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(path, flags, 0o600)
}
