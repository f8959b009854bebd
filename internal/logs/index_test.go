package logs

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func record(ms, offset int64) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(ms))
	return binary.LittleEndian.AppendUint64(b, uint64(offset))
}

// TestFirstAfterLikeALoop compares the search with one that reads it all.
func TestFirstAfterLikeALoop(t *testing.T) {
	for range 300 {
		var index []byte
		var times, offsets []int64
		when, offset := int64(1000), int64(0)
		for range rand.IntN(700) {
			times, offsets = append(times, when), append(offsets, offset)
			index = append(index, record(when, offset)...)
			when += rand.Int64N(3) * 5000
			offset += rand.Int64N(100)
		}
		size := offset + rand.Int64N(100)
		at := 1000 + rand.Int64N(when)
		want := size
		for i := len(times) - 1; i >= 0 && times[i] > at; i-- {
			want = offsets[i]
		}
		if len(times) == 0 || times[0] > at {
			want = 0
		}
		if got := firstAfter(bytes.NewReader(index), int64(len(index)), size, time.UnixMilli(at)); got != want {
			t.Fatalf("%v %v size %d, after %d: got %d, want %d", times, offsets, size, at, got, want)
		}
	}
}

// TestIndexOfAnEmptiedFile goes back no further than to what the file has now.
func TestIndexOfAnEmptiedFile(t *testing.T) {
	index := bytes.Join([][]byte{record(1000, 0), record(2000, 500), record(3000, 900), record(9000, 10), record(20000, 40)}, nil)
	for at, want := range map[int64]int64{25000: 60, 19000: 40, 8000: 0, 2500: 0, 0: 0} {
		if got := firstAfter(bytes.NewReader(index), int64(len(index)), 60, time.UnixMilli(at)); got != want {
			t.Errorf("after %d: %d, want %d", at, got, want)
		}
	}
}

// FuzzIndex: whatever is in the file, an offset inside of the log comes out.
func FuzzIndex(f *testing.F) {
	f.Add(append(record(5, 0), record(9, 7)...), int64(10), int64(6))
	f.Fuzz(func(t *testing.T, index []byte, size, at int64) {
		size = max(size, 0)
		if got := firstAfter(bytes.NewReader(index), int64(len(index)), size, time.UnixMilli(at)); got < 0 || got > size {
			t.Fatalf("%d of %d", got, size)
		}
	})
}

// TestIndexIsWritten at a bounded rate, anew for an emptied file, and put aside
// with the file.
func TestIndexIsWritten(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Index: true, Rotate: Rotation{Size: 100, Files: 2}})
		for range 5 {
			write(t, w, "line\n")
			drain(t, e, "a")
		}
		first, err := os.ReadFile(path + indexExt)
		if err != nil || len(first) != recordSize {
			t.Fatalf("%d bytes, %v", len(first), err)
		}
		if when := time.UnixMilli(int64(binary.LittleEndian.Uint64(first))); time.Since(when).Abs() > time.Minute {
			t.Errorf("%v", when)
		}
		if got := since(path, 25, time.Now().Add(-time.Hour)); got != 0 {
			t.Errorf("since an hour: from %d", got)
		}
		if got := since(path, 25, time.Now().Add(time.Hour)); got != 25 {
			t.Errorf("since the future: from %d", got)
		}
		if got := until(path, 25, time.Now().Add(-time.Hour)); got != 0 {
			t.Errorf("until an hour ago: to %d", got)
		}
		for range 30 {
			write(t, w, "line\n")
			drain(t, e, "a")
		}
		if again, err := os.ReadFile(older(path, 1) + indexExt); err != nil || !bytes.Equal(again, first) {
			t.Errorf("%x, %v", again, err)
		}
		if next, err := os.ReadFile(path + indexExt); err != nil || len(next) != recordSize {
			t.Errorf("%x, %v", next, err)
		}
	})
}
