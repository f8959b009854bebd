package logs

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	got, err := tail(strings.NewReader(content), int64(len(content)), n)
	if err != nil {
		t.Fatal(err)
	}
	if want := naiveTail(content, n); !slices.Equal(got, want) {
		t.Fatalf("last %d of %d bytes %.100q: got %d lines %.100q, want %d lines %.100q",
			n, len(content), content, len(got), got, len(want), want)
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

func TestTailOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("1\n2\n3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Tail(path, 2); err != nil || !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTailOfWhatIsNoLog(t *testing.T) {
	if _, err := Tail(filepath.Join(t.TempDir(), "missing"), 1); !os.IsNotExist(err) {
		t.Errorf("got %v, want not exist", err)
	}
	if lines, err := Tail(os.DevNull, 10); lines != nil || err != nil {
		t.Errorf("%s: got %q, %v", os.DevNull, lines, err)
	}
	if _, err := Tail(t.TempDir(), 1); err == nil {
		t.Error("a folder was read")
	}
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
	start, err := startOf(s, s.size, 100)
	if err != nil || start != s.size-100*5+1 {
		t.Errorf("start %d, %v", start, err)
	}
	if s.read > 2*block {
		t.Errorf("read %d bytes for 500", s.read)
	}
}

func TestTailOfAShrunkFile(t *testing.T) {
	if _, err := startOf(strings.NewReader("short\n"), 100, 1); err != errShrunk {
		t.Errorf("got %v, want errShrunk", err)
	}
}
