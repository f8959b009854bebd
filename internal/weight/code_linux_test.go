package weight

import (
	"bufio"
	"slices"
	"strings"
	"testing"
)

func TestOnlyCleanReadOnlyMappingsOfTheBinaryAreDropped(t *testing.T) {
	const smaps = `00400000-00500000 r-xp 00000000 fe:00 1 /opt/for ever
Rss: 4 kB
Anonymous:             0 kB
00500000-00600000 r--p 00100000 fe:00 1 /opt/for ever
Anonymous:             8 kB
00600000-00700000 rw-p 00200000 fe:00 1 /opt/for ever
Anonymous:             0 kB
00700000-00701000 r--p 00200000 fe:00 1 /opt/other
Anonymous:             0 kB
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0 [stack]
Anonymous:             0 kB
`
	got := cleanMappings(bufio.NewScanner(strings.NewReader(smaps)), "/opt/for ever")
	if want := []mapping{{0x400000, 0x100000}}; !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// The process goes on after its code was unmapped.
func TestCodeComesBack(t *testing.T) {
	for range 3 {
		dropCode()
	}
	if got := strings.Repeat("ab", 2); got != "abab" {
		t.Errorf("got %q", got)
	}
}
