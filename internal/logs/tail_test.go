package logs

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveTail is what Tail has to be like.
func naiveTail(content string, n int) []string {
	if content == "" || n <= 0 {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(content, "\n"), "\n")
	return lines[max(0, len(lines)-n):]
}

func checkTail(t *testing.T, content string, n int) {
	t.Helper()
	start, found, err := lastLines(strings.NewReader(content), 0, int64(len(content)), n, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := naiveTail(content[start:], math.MaxInt), naiveTail(content, n)
	if found != len(want) || !slices.Equal(got, want) {
		t.Fatalf("last %d of %d bytes %.100q: got %d lines %.100q, want %d lines %.100q",
			n, len(content), content, len(got), got, len(want), want)
	}
	checkWanted(t, content, n)
}

// checkWanted is the same for the lines with an even number of bytes.
func checkWanted(t *testing.T, content string, n int) {
	t.Helper()
	even := func(b []byte) bool { return len(b)%2 == 0 }
	start, found, err := lastLines(strings.NewReader(content), 0, int64(len(content)), n, even)
	if err != nil {
		t.Fatal(err)
	}
	evenOnes := func(content string) (lines []string) {
		for _, line := range naiveTail(content, math.MaxInt) {
			if len(line)%2 == 0 {
				lines = append(lines, line)
			}
		}
		return lines
	}
	want := evenOnes(content)
	want = want[max(0, len(want)-max(n, 0)):]
	if found != len(want) || !slices.Equal(evenOnes(content[start:]), want) {
		t.Fatalf("last %d even lines of %d bytes %.100q: %d from byte %d, want %d", n, len(content), content, found, start, len(want))
	}
}

func TestTail(t *testing.T) {
	long := strings.Repeat("x", 3*block+7)
	for _, content := range []string{
		"", "\n", "\n\n", "a", "a\n", "a\nb", "a\nb\n", "a\r\nb\r\n", "\x00\xff\n\xfe",
		long, long + "\n", long + "\n" + long, "a\n" + long + "\n" + long + "\nb",
		strings.Repeat("y", block-1) + "\n", strings.Repeat("y", block) + "\n" + "z",
		strings.Repeat("\n", 2*block+1),
	} {
		for _, n := range []int{-1, 0, 1, 2, 3, 1 << 30} {
			checkTail(t, content, n)
		}
	}
}

func TestTailLikeASplitter(t *testing.T) {
	for range 80 {
		b := make([]byte, rand.IntN(3*block))
		rarely := 1 + rand.IntN(2000)
		for i := range b {
			if b[i] = byte(rand.Uint32()); rand.IntN(rarely) == 0 {
				b[i] = '\n'
			}
		}
		checkTail(t, string(b), rand.IntN(300))
	}
}

func FuzzTail(f *testing.F) {
	for _, seed := range []string{"", "a", "a\n", "\n\nb", "a\nb\nc\n", strings.Repeat("q\n", block)} {
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, content string, n int) { checkTail(t, content, n) })
}

// sparse is a huge file whose last bytes are known; it counts what is read of it.
type sparse struct {
	size int64
	end  []byte
	read int64
}

func (s *sparse) ReadAt(b []byte, at int64) (int, error) {
	s.read += int64(len(b))
	clear(b)
	for i := range b {
		if k := at + int64(i) - (s.size - int64(len(s.end))); k >= 0 && k < int64(len(s.end)) {
			b[i] = s.end[k]
		}
	}
	if at+int64(len(b)) > s.size {
		return int(s.size - at), io.EOF
	}
	return len(b), nil
}

func TestTailReadsOnlyTheEnd(t *testing.T) {
	s := &sparse{size: 5 << 30, end: bytes.Repeat([]byte("\nline"), 200)}
	start, _, err := lastLines(s, 0, s.size, 100, nil)
	if err != nil || start != s.size-100*5+1 {
		t.Errorf("start %d, %v", start, err)
	}
	if s.read > 2*block {
		t.Errorf("read %d bytes for 500", s.read)
	}
}

func TestTailOfAShrunkFile(t *testing.T) {
	if _, _, err := lastLines(strings.NewReader("short\n"), 0, 100, 1, nil); err != errShrunk {
		t.Errorf("got %v, want errShrunk", err)
	}
}
