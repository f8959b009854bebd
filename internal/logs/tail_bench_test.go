package logs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLast reads the last lines of a log of 64 MB: what `logs -n` does. The
// time must not depend on the size of the log; with a condition that few lines
// meet, all of it is read.
func BenchmarkLast(b *testing.B) {
	const lines = 640_000
	path := filepath.Join(b.TempDir(), "log")
	var text bytes.Buffer
	for i := range lines {
		fmt.Fprintf(&text, "%010d %88s\n", i, "x")
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	rare := func(text []byte) bool { return bytes.Contains(text, []byte("99999 ")) }
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"10", Query{Last: 10}, 10},
		{"1000", Query{Last: 1000}, 1000},
		{"10 of few", Query{Last: 10, Match: rare}, 6},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got := 0
				if err := Read(context.Background(), Source{Path: path}, c.q, func(Line) { got++ }); err != nil {
					b.Fatal(err)
				}
				if got != c.want {
					b.Fatalf("%d lines, want %d", got, c.want)
				}
			}
		})
	}
}
