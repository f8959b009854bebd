package logs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// read returns the lines that a query finds.
func read(t *testing.T, path string, q Query) (lines []string) {
	t.Helper()
	if err := Read(t.Context(), source(path), q, func(l Line) { lines = append(lines, string(l.Text)) }); err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestReadLikeASplitter compares the last lines of logs of several files, plain
// and compressed, with what a program finds that reads it all.
func TestReadLikeASplitter(t *testing.T) {
	for range 150 {
		path := filepath.Join(t.TempDir(), "log")
		var all []string
		for n := rand.IntN(5); n >= 0; n-- {
			var content strings.Builder
			for range rand.IntN(20) {
				line := strings.Repeat("x", rand.IntN(1+rand.IntN(100_000))) + fmt.Sprint(len(all)%7)
				all = append(all, line)
				content.WriteString(line + "\n")
			}
			b := []byte(content.String())
			if rand.IntN(4) == 0 {
				b = bytes.TrimSuffix(b, []byte("\n"))
			}
			name := older(path, n)
			if n > 0 && rand.IntN(2) == 0 {
				name, b = name+packedExt, packed(t, b)
			}
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		n := rand.IntN(len(all) + 2)
		if got, want := read(t, path, Query{Last: n}), all[max(0, len(all)-n):]; len(got)+len(want) > 0 && !slices.Equal(got, want) {
			t.Fatalf("last %d of %d: got %d lines", n, len(all), len(got))
		}
		if got := read(t, path, Query{Last: -1}); !slices.Equal(got, all) {
			t.Fatalf("all: got %d lines of %d", len(got), len(all))
		}
		match := func(b []byte) bool { return bytes.HasSuffix(b, []byte("3")) }
		var want []string
		for _, line := range all {
			if match([]byte(line)) {
				want = append(want, line)
			}
		}
		want = want[max(0, len(want)-n):]
		if got := read(t, path, Query{Last: n, Match: match}); !slices.Equal(got, want) {
			t.Fatalf("last %d that match: got %d, want %d", n, len(got), len(want))
		}
	}
}

func TestReadWhatIsNoLog(t *testing.T) {
	if lines := read(t, filepath.Join(t.TempDir(), "no", "such", "file"), Query{Last: -1}); lines != nil {
		t.Errorf("%q", lines)
	}
	if lines := read(t, os.DevNull, Query{Last: 10}); lines != nil {
		t.Errorf("%q", lines)
	}
	if err := Read(t.Context(), source(t.TempDir()), Query{Last: 1}, func(Line) {}); err == nil {
		t.Error("a folder was read")
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(older(path, 1)+packedExt, []byte("no gzip at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Read(t.Context(), source(path), Query{Last: 1}, func(Line) {}); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}

// dated makes a file of a log whose index knows when each line was written.
func dated(t *testing.T, name string, compress bool, lines ...any) {
	t.Helper()
	var content, index []byte
	var last time.Time
	for i := 0; i < len(lines); i += 2 {
		last = lines[i].(time.Time)
		index = append(index, record(last.UnixMilli(), int64(len(content)))...)
		content = append(content, lines[i+1].(string)+"\n"...)
	}
	ext := ""
	if compress {
		ext, content = packedExt, packed(t, content)
	}
	for path, b := range map[string][]byte{name + ext: content, name + indexExt: index} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(name+ext, last, last); err != nil {
		t.Fatal(err)
	}
}

// TestReadByTime finds lines that bear no timestamp.
func TestReadByTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	dated(t, older(path, 2), true, at(0), "0", at(1), "1")
	dated(t, older(path, 1), false, at(2), "2", at(3), "3")
	dated(t, path, false, at(4), "4", at(5), "5")
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Last: -1, Since: at(1)}, "1 2 3 4 5"},
		{Query{Last: -1, Since: at(3)}, "3 4 5"},
		{Query{Last: -1, Since: at(5)}, "5"},
		{Query{Last: -1, Since: at(6)}, ""},
		{Query{Last: -1, Until: at(0)}, "0"},
		{Query{Last: -1, Since: at(1), Until: at(4)}, "1 2 3 4"},
		{Query{Last: 2, Since: at(1), Until: at(4)}, "3 4"},
		{Query{Last: 3, Until: at(3)}, "1 2 3"},
		{Query{Last: -1, Since: at(2), Match: func(b []byte) bool { return b[0] != '3' }}, "2 4 5"},
	} {
		if got := strings.Join(read(t, path, c.q), " "); got != c.want {
			t.Errorf("since %v until %v last %d: %q, want %q", c.q.Since, c.q.Until, c.q.Last, got, c.want)
		}
	}
}

// TestReadObjectsByTime looks at the timestamps themselves.
func TestReadObjectsByTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var content string
	for i := range 10 {
		content += fmt.Sprintf(`{"timestamp":"%s","message":"%d"}`+"\n", noon.Add(time.Duration(i)*time.Second).Format(iso8601), i)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	src, got := source(path), 0
	src.JSON = true
	q := Query{Last: -1, Since: noon.Add(3 * time.Second), Until: noon.Add(6 * time.Second)}
	if err := Read(t.Context(), src, q, func(Line) { got++ }); err != nil || got != 4 {
		t.Errorf("%d lines, %v", got, err)
	}
}

// TestReadWhileRotating reads again and again while a log is written and put
// aside. Each time the lines follow each other without a gap.
func TestReadWhileRotating(t *testing.T) {
	p, err := NewPump()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, p.e, "a", Sink{Path: path, Rotate: Rotation{Size: 5000, Files: 1000}})
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 20_000 && err == nil; i++ {
			_, err = fmt.Fprintf(w, "%d\n", i)
		}
		written <- err
	}()
	for range 30 {
		last := -1
		lines := read(t, path, Query{Last: 2000})
		for _, line := range lines[:max(len(lines)-1, 0)] { // half of the last may be there
			var n int
			if _, err := fmt.Sscan(line, &n); err != nil || last >= 0 && n != last+1 {
				t.Fatalf("%d is followed by %q", last, line)
			}
			last = n
		}
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}
