package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hugeLog makes a log of 5 GiB, most of which is a hole, that ends with so many
// lines.
func hugeLog(t *testing.T, path string, lines int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var end strings.Builder
	end.WriteByte('\n')
	for i := range lines {
		fmt.Fprintf(&end, "line %d\n", i)
	}
	if _, err := f.WriteAt([]byte(end.String()), 5<<30-int64(end.Len())); err != nil {
		t.Skip("SKIPPED, needs a file system with holes in files: ", err)
	}
}

// readSoFar is how many bytes this process has read in its life (proc_pid_io(5)).
func readSoFar(t *testing.T) (n int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("SKIPPED, needs /proc/self/io: ", err)
	}
	if _, err := fmt.Sscanf(string(b), "rchar: %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLastLinesOfAHugeLog reads and holds little of 5 GiB, and of what is older
// nothing but its size.
func TestLastLinesOfAHugeLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	hugeLog(t, path, 1000)
	hugeLog(t, older(path, 1), 10)
	if err := os.WriteFile(older(path, 2)+packedExt, packed(t, numbered(4<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q     Query
		first string
	}{
		{Query{Last: 100}, "line 900"},
		{Query{Last: 10, Match: func(b []byte) bool { return b[len(b)-1] == '0' }}, "line 900"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read, began := readSoFar(t), time.Now()
		var got []string
		err := Read(t.Context(), source(path), c.q, func(l Line) { got = append(got, string(l.Text)) })
		took := time.Since(began)
		read = readSoFar(t) - read
		runtime.ReadMemStats(&after)
		if err != nil || len(got) != c.q.Last || got[0] != c.first {
			t.Fatalf("%d lines from %.20q on, %v", len(got), got, err)
		}
		held := after.TotalAlloc - before.TotalAlloc
		t.Logf("%d lines of 5 GiB in %v: %d bytes read, %d allocated", len(got), took, read, held)
		if read > 1<<20 || held > 4<<20 {
			t.Errorf("%d bytes read, %d allocated", read, held)
		}
	}
}

// TestMemoryForAMillionLines: whatever is asked of how long a log, plain or
// compressed, what is allocated does not grow with it beyond the lines themselves.
func TestMemoryForAMillionLines(t *testing.T) {
	const many = 1 << 20
	path := filepath.Join(t.TempDir(), "log")
	text := []byte(strings.Repeat("\n", many))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(older(path, 1)+packedExt, packed(t, text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]Query{
		"all":       {Last: -1},
		"last":      {Last: 2*many - 1},
		"condition": {Last: many + 1, Match: func(b []byte) bool { return len(b) == 0 }},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		lines := 0
		if err := Read(t.Context(), source(path), q, func(Line) { lines++ }); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if want := min(uint(q.Last), 2*many); lines != int(want) {
			t.Errorf("%s: %d lines, want %d", name, lines, want)
		}
		if held := after.TotalAlloc - before.TotalAlloc; held > 8<<20 {
			t.Errorf("%s: %d bytes allocated", name, held)
		}
	}
}
