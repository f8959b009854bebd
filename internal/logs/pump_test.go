package logs

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBytesArriveWhole(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "new", "folder", "log")
		w := attach(t, e, "a", Sink{Path: path})
		data := numbered(3 << 20)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		drain(t, e, "a")
		wantFile(t, path, string(data))
		write(t, w, "no newline")
		e.detach("a")
		wantFile(t, path, string(data)+"no newline")
		if st, _ := os.Stat(path); st.Mode().Perm()&0o077 != 0 {
			t.Errorf("the log has mode %v", st.Mode())
		}
	})
}

func TestAppendAndTruncate(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		for _, step := range []struct {
			sink Sink
			want string
		}{
			{Sink{Path: path}, "x"},
			{Sink{Path: path}, "xx"},
			{Sink{Path: path, Truncate: true}, "x"},
		} {
			w := attach(t, e, "a", step.sink)
			write(t, w, "x")
			e.detach("a")
			wantFile(t, path, step.want)
		}
	})
}

func TestOthersChangeTheFile(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path})
		say := func(s string) { write(t, w, s); drain(t, e, "a") }

		say("1\n")
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		write(t, f, "other\n")
		f.Close()
		say("2\n")
		wantFile(t, path, "1\nother\n2\n")

		if err := os.Truncate(path, 2); err != nil {
			t.Fatal(err)
		}
		say("3\n")
		wantFile(t, path, "1\n3\n")

		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		say("4\n")
		wantFile(t, path, "4\n")
	})
}

func TestTwoPipesOneFile(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		path, link, hard := filepath.Join(dir, "log"), filepath.Join(dir, "link"), filepath.Join(dir, "hard")
		w1 := attach(t, e, "a", Sink{Path: path, Truncate: true})
		if err := errors.Join(os.Symlink("log", link), os.Link(path, hard)); err != nil {
			t.Skip("no links here: ", err)
		}
		ws := []*os.File{w1, attach(t, e, "b", Sink{Path: link}), attach(t, e, "c", Sink{Path: hard})}
		lines := []string{strings.Repeat("a", 99) + "\n", strings.Repeat("b", 99) + "\n", strings.Repeat("c", 99) + "\n"}
		const each = 20000
		done := make(chan error, len(ws))
		for i, w := range ws {
			go func() {
				var err error
				for n := 0; n < each && err == nil; n++ {
					_, err = w.WriteString(lines[i])
				}
				done <- err
			}()
		}
		for range ws {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"a", "b", "c"} {
			e.detach(key)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if n := strings.Count(string(got), line[:1]); n != each*99 {
				t.Errorf("%q: %d bytes of %d", line[:1], n, each*99)
			}
		}
		if len(got) != 3*each*100 {
			t.Errorf("%d bytes of %d", len(got), 3*each*100)
		}
	})
}

func TestNowhere(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		for _, path := range []string{"", os.DevNull} {
			w := attach(t, e, "a", Sink{Path: path})
			if _, err := w.Write(numbered(1 << 20)); err != nil {
				t.Fatal(err)
			}
			e.drain("a", func() {})
			if n, err := e.lost("a"); n != 0 || err != nil {
				t.Errorf("sink %q: lost %d: %v", path, n, err)
			}
			e.detach("a")
		}
	})
}

func TestSinkThatCannotBeOpened(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		blocker := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(blocker, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := tryAttach(t, e, "a", Sink{Path: filepath.Join(blocker, "log")})
		var sinkErr *SinkError
		if !errors.As(err, &sinkErr) {
			t.Fatalf("got %v, want a SinkError", err)
		}
		data := numbered(1 << 20) // more than a pipe holds: the program is not blocked
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		drain(t, e, "a")
		if n, err := e.lost("a"); n != uint64(len(data)) || err == nil {
			t.Errorf("lost %d of %d: %v", n, len(data), err)
		}
	})
}

// TestSinkThatCanBeOpenedLater is complained of until it is, if nothing was lost.
func TestSinkThatCanBeOpenedLater(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		blocker := filepath.Join(dir, "folder")
		if err := os.WriteFile(blocker, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(blocker, "log")
		w, err := tryAttach(t, e, "a", Sink{Path: path})
		if _, why := e.lost("a"); err == nil || why == nil {
			t.Fatalf("%v, %v", err, why)
		}
		if err := os.Remove(blocker); err != nil {
			t.Fatal(err)
		}
		agePaths(t, e)
		write(t, w, "line\n")
		drain(t, e, "a")
		wantFile(t, path, "line\n")
		if n, why := e.lost("a"); n != 0 || why != nil {
			t.Errorf("lost %d: %v", n, why)
		}
	})
}

func TestResink(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		old, next := filepath.Join(dir, "old"), filepath.Join(dir, "next")
		w := attach(t, e, "a", Sink{Path: old})
		write(t, w, "1\n")
		drain(t, e, "a")
		if err := e.resink("a", Sink{Path: next}); err != nil {
			t.Fatal(err)
		}
		write(t, w, "2\n")
		drain(t, e, "a")
		if err := e.resink("a", Sink{Path: filepath.Join(next, "impossible")}); err == nil {
			t.Error("a file became a folder")
		}
		if err := e.resink("a", Sink{Path: next}); err != nil { // the same again
			t.Fatal(err)
		}
		write(t, w, "3\n")
		e.detach("a")
		wantFile(t, old, "1\n")
		wantFile(t, next, "2\n3\n")
		if err := e.resink("a", Sink{Path: next}); !errors.Is(err, ErrUnknown) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
	})
}

func TestMisuse(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		attach(t, e, "a", Sink{})
		w, err := tryAttach(t, e, "a", Sink{})
		if !errors.Is(err, ErrAttached) {
			t.Errorf("got %v, want ErrAttached", err)
		}
		if _, err := w.WriteString("x"); err == nil {
			t.Error("the refused pipe is still open")
		}
		if _, err := e.lost("b"); !errors.Is(err, ErrUnknown) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
		drain(t, e, "b")
		e.detach("b")
		e.close()
		e.close()
		drain(t, e, "a")
		e.detach("a")
		if _, err := tryAttach(t, e, "c", Sink{}); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	})
}

func TestEndOfFile(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		w := attach(t, e, "a", Sink{Path: path})
		write(t, w, "last words")
		w.Close()
		drain(t, e, "a")
		drain(t, e, "a")
		wantFile(t, path, "last words")
		e.detach("a")
	})
}

func TestAlso(t *testing.T) {
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
		w := attach(t, e, "a", Sink{Path: path, Also: also})
		data := numbered(2 << 20)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		wantFile(t, path, string(data))
		if got := <-copied; string(got) != string(data) {
			t.Errorf("the copy has %d bytes of %d", len(got), len(data))
		}
	})
}

func TestAlsoBreaks(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		r, also, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		w := attach(t, e, "a", Sink{Path: path, Also: also})
		data := numbered(1 << 20)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		e.detach("a")
		wantFile(t, path, string(data))
	})
}

func TestDeletedFolder(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := filepath.Join(t.TempDir(), "logs")
		path := filepath.Join(dir, "log")
		w := attach(t, e, "a", Sink{Path: path})
		write(t, w, "1\n")
		drain(t, e, "a")
		if err := os.RemoveAll(dir); err != nil {
			t.Skip("an open file cannot be deleted here: ", err)
		}
		agePaths(t, e)
		write(t, w, "2\n")
		drain(t, e, "a")
		wantFile(t, path, "2\n")
	})
}

func TestRenamedFile(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		path := filepath.Join(t.TempDir(), "log")
		a := attach(t, e, "a", Sink{Path: path})
		b := attach(t, e, "b", Sink{Path: path})
		write(t, a, "1\n")
		drain(t, e, "a")
		if err := os.Rename(path, path+".1"); err != nil {
			t.Skip("an open file cannot be renamed here: ", err)
		}
		agePaths(t, e)
		write(t, b, "2\n")
		drain(t, e, "b")
		write(t, a, "3\n")
		drain(t, e, "a")
		wantFile(t, path+".1", "1\n")
		wantFile(t, path, "2\n3\n")
	})
}
