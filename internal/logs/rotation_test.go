package logs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRotateBySize wants every byte once, whole lines in each file, and files
// of about the size.
func TestRotateBySize(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		const size = 100 << 10
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Size: size, Files: 1000}})
		data := numbered(5 << 20)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		if got := wholeLog(t, path); !bytes.Equal(got, data) {
			t.Fatalf("%d bytes of %d", len(got), len(data))
		}
		list, err := olderParts(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) < len(data)/size-2 {
			t.Errorf("only %d files", len(list))
		}
		for _, p := range list {
			b := contentOf(t, p)
			if len(b) < size || len(b) > size+300 || b[len(b)-1] != '\n' {
				t.Errorf("%s: %d bytes, the last is %q", p.path, len(b), b[len(b)-1])
			}
		}
	})
}

func TestRotateKeepsSoMany(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Size: 10, Files: 2}})
		for i := range 6 {
			write(t, w, fmt.Sprintf("line number %d\n", i))
			drain(t, e, "a")
		}
		if got := string(wholeLog(t, path)); got != "line number 3\nline number 4\nline number 5\n" {
			t.Errorf("%q", got)
		}
	})
}

func TestRotateKeepsNone(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Size: 10}})
		for i := range 3 {
			write(t, w, fmt.Sprintf("line number %d\n", i))
			drain(t, e, "a")
		}
		if got := string(wholeLog(t, path)); got != "line number 2\n" {
			t.Errorf("%q", got)
		}
	})
}

// TestLineWithoutEnd is put aside in the middle when it has grown too long.
func TestLineWithoutEnd(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Size: 10, Files: 100}})
		data := bytes.Repeat([]byte("x"), 5<<20)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		if got := wholeLog(t, path); !bytes.Equal(got, data) {
			t.Errorf("%d bytes of %d", len(got), len(data))
		}
		list, _ := olderParts(path)
		for _, p := range list {
			if b := contentOf(t, p); len(b) < maxOver || len(b) > 4*maxOver {
				t.Errorf("%s has %d bytes", p.path, len(b))
			}
		}
	})
}

// TestTwoPipesRotateTogether has two pipes and two names for one file.
func TestTwoPipesRotateTogether(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		path, link := filepath.Join(dir, "log"), filepath.Join(dir, "link")
		rule := Rotation{Size: 50 << 10, Files: 1000}
		a := attach(t, e, "a", Sink{Path: path, Rotate: rule})
		if err := os.Symlink("log", link); err != nil {
			t.Skip("no links here: ", err)
		}
		b := attach(t, e, "b", Sink{Path: link, Rotate: rule})
		done := make(chan error, 2)
		for name, w := range map[string]*os.File{"a": a, "b": b} {
			go func() {
				var err error
				for i := 0; i < 10000 && err == nil; i++ {
					_, err = w.WriteString(strings.Repeat(name, i%100) + "\n")
				}
				done <- err
			}()
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		e.detach("b")
		all := string(wholeLog(t, path))
		if exists(link + ".1") {
			t.Error("the link was put aside")
		}
		for _, c := range []struct {
			of   string
			want int
		}{{"a", 100 * 4950}, {"b", 100 * 4950}, {"\n", 20000}} {
			if n := strings.Count(all, c.of); n != c.want {
				t.Errorf("%q is there %d times of %d", c.of, n, c.want)
			}
		}
	})
}

// TestLinkAfterARotationCutShort: whoever put the file aside was killed before
// there was a new one, and the link leads nowhere.
func TestLinkAfterARotationCutShort(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		path, link := filepath.Join(dir, "log"), filepath.Join(dir, "link")
		if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("log", link); err != nil {
			t.Skip("no links here: ", err)
		}
		if err := realDisk().shift(path, 5); err != nil {
			t.Fatal(err)
		}
		w := attach(t, e, "a", Sink{Path: link})
		write(t, w, "new\n")
		drain(t, e, "a")
		wantFile(t, path, "new\n")
		wantFile(t, older(path, 1), "old\n")
	})
}

// TestRotateByTime puts aside what was last written in an earlier period.
func TestRotateByTime(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Every: 24 * time.Hour, Files: 5}})
		say := func(s string) { write(t, w, s); drain(t, e, "a") }
		say("today\n")
		yesterday := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(path, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
		say("another day\n")
		wantFile(t, path+".1", "today\n")
		wantFile(t, path, "another day\n")
	})
}

func TestPeriods(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	r := Rotation{Every: 24 * time.Hour}
	evening := time.Date(2026, 1, 2, 23, 59, 59, 0, berlin)
	for _, c := range []struct {
		size int64
		last time.Time
		want bool
	}{
		{1, evening, true},
		{0, evening, false},
		{1, evening.Add(2 * time.Second), false},
		{1, evening.Add(48 * time.Hour), false}, // a clock that was set back
	} {
		if got := r.due(c.size, c.last, evening.Add(time.Minute)); got != c.want {
			t.Errorf("%d bytes, %v: %v", c.size, c.last, got)
		}
	}
}

// TestRotationThatCannotBe goes on writing, says why, and takes it back.
func TestRotationThatCannotBe(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		blocker := filepath.Join(path+".1", "x")
		if err := os.MkdirAll(blocker, 0o700); err != nil {
			t.Fatal(err)
		}
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Size: 10, Files: 1}})
		data := numbered(300 << 10)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		drain(t, e, "a")
		wantFile(t, path, string(data))
		if n, err := e.lost("a"); n != 0 || err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("lost %d: %v", n, err)
		}
	})
}

// TestOnlyFilesAreRotated leaves devices and FIFOs alone.
func TestOnlyFilesAreRotated(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		w := attach(t, e, "a", Sink{Path: os.DevNull, Rotate: Rotation{Size: 1, Files: 1}})
		if _, err := w.Write(numbered(1 << 20)); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		if exists(os.DevNull + ".1") {
			t.Error("the null device was put aside")
		}
	})
}

// TestRotatedFileKeepsItsMode follows the mode that somebody gave the file.
func TestRotatedFileKeepsItsMode(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path, Rotate: Rotation{Size: 1, Files: 1}})
		write(t, w, "1\n")
		drain(t, e, "a")
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		write(t, w, "2\n")
		drain(t, e, "a")
		wantFile(t, path, "2\n")
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o644 {
			t.Errorf("%v, %v", st.Mode(), err)
		}
	})
}
