package logs

import (
	"bytes"
	"encoding/binary"
	"fmt"
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

// TestIndexFindsWhatWasWritten lets a writer print at random moments and asks for
// random times: nothing that was written between them is missing, and nothing is
// found that was written more than indexReach away.
func TestIndexFindsWhatWasWritten(t *testing.T) {
	type text struct {
		at       time.Time
		from, to int64
	}
	dir := t.TempDir()
	for run := range 100 {
		path := filepath.Join(dir, fmt.Sprint(run))
		var index []byte
		var texts []text
		var size int64
		var m marks
		began := time.Now()
		for now := time.Duration(0); len(texts) < 200; now += time.Duration(rand.ExpFloat64() * float64(400*time.Millisecond)) {
			at := began.Add(now)
			if m.due(now) {
				m = marks{true, now}
				index = append(index, record(at.UnixMilli(), size)...)
			}
			texts = append(texts, text{at, size, size + rand.Int64N(100)})
			size = texts[len(texts)-1].to
		}
		if err := os.WriteFile(path+indexExt, index, 0o600); err != nil {
			t.Fatal(err)
		}
		whole := texts[len(texts)-1].at.Sub(began)
		for range 50 {
			at := began.Add(time.Duration(rand.Int64N(int64(whole))))
			from, to := since(path, size, at), until(path, size, at)
			for _, w := range texts {
				late, early := w.at.Sub(at), at.Sub(w.at)
				if late >= 0 && w.from < from || late < -indexReach && w.from >= from && w.to > w.from {
					t.Fatalf("since %v finds from %d; from %d on was written %v later", at, from, w.from, late)
				}
				if early >= 0 && w.to > to || early < -indexReach && w.to <= to && w.to > w.from {
					t.Fatalf("until %v finds to %d; up to %d was written %v before", at, to, w.to, early)
				}
			}
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
		began := time.Now()
		w := attach(t, e, "a", Sink{Path: path, Index: true, Rotate: Rotation{Size: 100, Files: 2}})
		for range 5 {
			write(t, w, "line\n")
			drain(t, e, "a")
		}
		first, err := os.ReadFile(path + indexExt)
		if most := recordSize * (1 + int(time.Since(began)/indexEvery)); err != nil || len(first) < recordSize || len(first) > most {
			t.Fatalf("%d bytes, at most %d, %v", len(first), most, err)
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
		if again, err := os.ReadFile(older(path, 1) + indexExt); err != nil || !bytes.HasPrefix(again, first) {
			t.Errorf("%x, %v", again, err)
		}
		if next, err := os.ReadFile(path + indexExt); err != nil || len(next) < recordSize {
			t.Errorf("%x, %v", next, err)
		}
	})
}
