package logs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// settled waits until the file has n lines and returns them.
func settled(t *testing.T, e mover, key, path string, n int) []string {
	t.Helper()
	var got []byte
	eventually(t, fmt.Sprintf("%d lines of %s", n, path), func() (done bool) {
		drain(t, e, key)
		var err error
		got, err = os.ReadFile(path)
		return err == nil && bytes.Count(got, []byte("\n")) >= n
	})
	return strings.Split(strings.TrimSuffix(string(got), "\n"), "\n")
}

// TestTimeBeforeEachLine writes whole lines only, the last one when its process
// has ended.
func TestTimeBeforeEachLine(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "YYYY"}})
		stamp := time.Now().Format("2006") + ": "
		write(t, w, "one\ntwo\n\xff\xfe\nhalf")
		drain(t, e, "a")
		wantFile(t, path, stamp+"one\n"+stamp+"two\n"+stamp+"\xff\xfe\n")
		write(t, w, " a line\nno newline")
		drain(t, e, "a")
		e.process("a", 0)
		settled(t, e, "a", path, 5)
		e.process("a", 7)
		write(t, w, "next\n")
		e.detach("a")
		wantFile(t, path, stamp+"one\n"+stamp+"two\n"+stamp+"\xff\xfe\n"+stamp+"half a line\n"+stamp+"no newline\n"+stamp+"next\n")
	})
}

func TestJSONLines(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{JSON: true, App: "web", Instance: 3, Stream: "err"}})
		before := time.Now().Truncate(time.Millisecond)
		e.process("a", 4711)
		e.process("a", 4712)
		drain(t, e, "a")
		write(t, w, "\"quoted\"\n")
		line := settled(t, e, "a", path, 1)[0]
		var got struct {
			Timestamp            time.Time
			Message, Stream, App string
			Instance, PID        int
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(line, err)
		}
		if got.Timestamp.Before(before) || got.Message != `"quoted"` || got.Stream != "err" || got.App != "web" || got.Instance != 3 {
			t.Errorf("%s", line)
		}
	})
}

// TestVeryLongLine is longer than pipe and buffers, and still one line.
func TestVeryLongLine(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		for _, lines := range []*Lines{{Time: "[T]"}, {JSON: true, App: "é", Stream: "out"}} {
			path := filepath.Join(t.TempDir(), "log")
			w := attach(t, e, "a", Sink{Path: path, Lines: lines})
			long := strings.Repeat("äöü", 300_000)
			write(t, w, "short\n"+long+"\nshort again\n")
			got := settled(t, e, "a", path, 3)
			e.detach("a")
			if len(got) != 3 || !strings.Contains(got[1], long) || strings.Count(got[1], `T: `) > 1 {
				t.Errorf("%d lines; the second has %d bytes of %d", len(got), len(got[1]), len(long))
			}
			if lines.JSON && !json.Valid([]byte(got[1])) {
				t.Error("the long line is no JSON")
			}
		}
	})
}

// TestLinesOfSeveralNeverMix has pipes write lines of all lengths to one file.
func TestLinesOfSeveralNeverMix(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		const pipes, each = 4, 300
		done := make(chan error, pipes)
		for i := range pipes {
			key := fmt.Sprint(i)
			w := attach(t, e, key, Sink{Path: path, Lines: &Lines{Time: "[at] HH"}, Rotate: Rotation{Size: 1 << 20, Files: 100}})
			go func() {
				var err error
				for n := range each {
					size := 1 << (n % 14)
					if _, bad := fmt.Fprintf(w, "%s %s\n", key, strings.Repeat(key, size)); bad != nil {
						err = bad
					}
				}
				_, bad := io.WriteString(w, key+" "+key) // no newline
				done <- errors.Join(err, bad)
			}()
		}
		for range pipes {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		for i := range pipes {
			e.detach(fmt.Sprint(i))
		}
		whole := regexp.MustCompile(`^at \d\d: (0 0+|1 1+|2 2+|3 3+)$`)
		lines := strings.Split(strings.TrimSuffix(string(wholeLog(t, path)), "\n"), "\n")
		if len(lines) != pipes*(each+1) {
			t.Errorf("%d lines", len(lines))
		}
		for _, line := range lines {
			if !whole.MatchString(line) {
				t.Fatalf("mixed: %.100q", line)
			}
		}
	})
}

// TestLineThatHoldsTheFile keeps others waiting for a while, not for ever.
func TestLineThatHoldsTheFile(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		endless := attach(t, e, "endless", Sink{Path: path, Lines: &Lines{}})
		other := attach(t, e, "other", Sink{Path: path, Lines: &Lines{}})
		if _, err := endless.Write(bytes.Repeat([]byte("x"), 300_000)); err != nil {
			t.Fatal(err)
		}
		write(t, other, "line\n")
		got := settled(t, e, "other", path, 2)
		if strings.Trim(got[0], "x") != "" || got[1] != "line" {
			t.Errorf("%.50q, %q", got[0], got[1])
		}
		write(t, endless, "x\n")
		got = settled(t, e, "endless", path, 3)
		if total := strings.Count(strings.Join(got, ""), "x"); total != 300_001 {
			t.Errorf("%d bytes of the endless line", total)
		}
	})
}

// TestLinesAfterRawBytes begin on a line of their own.
func TestLinesAfterRawBytes(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte("no newline"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "[T]"}})
		write(t, w, "line\n")
		e.detach("a")
		wantFile(t, path, "no newline\nT: line\n")
	})
}

// TestLinesWithACopy copies bytes as they are, and whole.
func TestLinesWithACopy(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		r, also, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		copied := make(chan []byte, 1)
		go func() {
			b, _ := io.ReadAll(r)
			copied <- b
		}()
		w := attach(t, e, "a", Sink{Path: path, Also: also, Lines: &Lines{Time: "[T]"}})
		data := append(numbered(1<<20), "no newline"...)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := "T: " + strings.ReplaceAll(string(data), "\n", "\nT: ") + "\n"; string(got) != want {
			t.Errorf("%d bytes, want %d", len(got), len(want))
		}
		if got := <-copied; !bytes.Equal(got, data) {
			t.Errorf("the copy has %d bytes of %d", len(got), len(data))
		}
	})
}

func TestFlush(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		a := attach(t, e, "a", Sink{Path: path, Index: true, Rotate: Rotation{Size: 20, Files: 5}})
		b := attach(t, e, "b", Sink{Path: path, Index: true, Rotate: Rotation{Size: 20, Files: 5}})
		for i := range 9 {
			write(t, a, fmt.Sprintf("line %d\n", i))
			drain(t, e, "a")
		}
		write(t, a, "in the pipe\n")
		if err := e.flush("a"); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, "")
		if list, _ := olderParts(path); len(list) > 0 || exists(path+indexExt) {
			t.Errorf("left: %v", list)
		}
		write(t, b, "after\n")
		drain(t, e, "b")
		write(t, a, "more\n")
		drain(t, e, "a")
		wantFile(t, path, "after\nmore\n")
		if err := e.flush("unknown"); !errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
	})
}

// TestReopen is for logrotate: after it nothing more goes to the old file.
func TestReopen(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path})
		write(t, w, "1\n")
		drain(t, e, "a")
		if err := os.Rename(path, path+".old"); err != nil {
			t.Skip("an open file cannot be renamed here: ", err)
		}
		e.reopenAll()
		wantFile(t, path, "")
		write(t, w, "2\n")
		drain(t, e, "a")
		wantFile(t, path+".old", "1\n")
		wantFile(t, path, "2\n")
	})
}
