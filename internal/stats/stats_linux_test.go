package stats

import (
	"os"
	"strings"
	"testing"

	"forever/internal/who"
)

// statLine has cpu times of 1, 2, 3 and 4 ticks, starts at 22 and has 24 pages.
const statLine = "7 (%) S 4 5 6 7 8 9 10 11 12 13 1 2 3 4 18 19 20 21 22 23 24 25 26\n"

func TestParseStat(t *testing.T) {
	for _, name := range []string{"node", "a b", ") S 1 (", "", "x\n9 (y)"} {
		u, start, ok := parseStat([]byte(strings.Replace(statLine, "%", name, 1)))
		want := Usage{10 * who.Tick, 24 * uint64(os.Getpagesize())}
		if !ok || u != want || start != 22 {
			t.Errorf("%q: %+v, started %d, %v", name, u, start, ok)
		}
	}
	for _, line := range []string{"", ")", "7 (x) S 4 5", strings.Replace(statLine, "22", "x", 1)} {
		if u, start, ok := parseStat([]byte(line)); ok {
			t.Errorf("%q is taken for %+v, %d", line, u, start)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine))
	f.Fuzz(func(t *testing.T, line []byte) { parseStat(line) })
}
