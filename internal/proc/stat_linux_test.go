package proc

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// statLine is a line of /proc/PID/stat with this name and state.
func statLine(comm, state string, threads int) string {
	return fmt.Sprintf("4242 (%s) %s 17 4240 4239 34816 4242 4194304 100 0 0 0 5 6 7 8 20 0 %d 0 "+
		"9876543210 1000 2000 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 9\n",
		comm, state, threads)
}

func TestParseStat(t *testing.T) {
	for _, comm := range []string{"node", "", "a b", ")", "(", "a) R 1 (b", ") Z 1 2 3 (", "a\nb", "((sd-pam))", " "} {
		got, err := parseStat([]byte(statLine(comm, "S", 1)))
		want := stat{
			Entry: Entry{PID: 4242, PPID: 17, PGID: 4240, SID: 4239, Start: 9876543210, State: 'S', Comm: comm, Ticks: 26, Pages: 2000},
			exit:  9,
		}
		if err != nil || got != want {
			t.Errorf("name %q: %+v, %v, want %+v", comm, got, err, want)
		}
	}
}

func TestParseStatOfZombies(t *testing.T) {
	for threads, want := range map[int]byte{0: 'Z', 1: 'Z', 2: 'S'} {
		got, err := parseStat([]byte(statLine("x", "Z", threads)))
		if err != nil || got.State != want {
			t.Errorf("%d threads: state %c, %v, want %c", threads, got.State, err, want)
		}
	}
}

func TestParseStatRefuses(t *testing.T) {
	whole := statLine("x", "S", 1)
	for _, line := range []string{
		"", "\n", "1", "1 (", "1 (x", "1 (x)", "1 (x) ", "1 (x) S", "(x) S 1", "x (x) S 1 2", "-1 (x) S 1 2",
		whole[:60], strings.Replace(whole, "4239", "42x9", 1), strings.Replace(whole, "17 4240", "17  4240", 1),
	} {
		if got, err := parseStat([]byte(line)); err == nil {
			t.Errorf("%q: %+v, want an error", line, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	for _, comm := range []string{"node", ") R 1 (", "a\nb", ""} {
		f.Add([]byte(statLine(comm, "S", 3)))
	}
	f.Add([]byte("1 (x) S 1 2 3"))
	own, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Fuzz(func(t *testing.T, line []byte) {
		s, err := parseStat(line)
		if err != nil {
			return
		}
		if s.PID <= 0 {
			t.Errorf("%q: pid %d", line, s.PID)
		}
		if !strings.Contains(string(line), "("+s.Comm+")") {
			t.Errorf("%q: name %q", line, s.Comm)
		}
	})
}

func TestReadStatOfNobody(t *testing.T) {
	for _, pid := range []int{-1, 1 << 30} {
		if s, err := readStat(pid); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("process %d: %+v, %v, want os.ErrProcessDone", pid, s, err)
		}
	}
}

func TestParseOOMKills(t *testing.T) {
	if n, ok := parseOOMKills([]byte("nr_free_pages 1\noom_kill 12\nnuma_hit 3\n")); n != 12 || !ok {
		t.Errorf("%d, %v, want 12", n, ok)
	}
	for _, s := range []string{"", "nr_free_pages 1\n", "a 1\noom_kill x\n", "a 1\noom_kills 4\n"} {
		if n, ok := parseOOMKills([]byte(s)); ok {
			t.Errorf("%q: %d, want nothing", s, n)
		}
	}
	if _, ok := OOMKills(); !ok {
		t.Skip("SKIPPED: this kernel does not count its OOM kills (before Linux 4.13)")
	}
}
