package logs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// following is a Follow that runs beside a test.
type following struct {
	t      *testing.T
	lines  chan Line
	cancel context.CancelFunc
	done   chan error
}

func follow(t *testing.T, notes notifier, last int, sources ...Source) *following {
	ctx, cancel := context.WithCancel(context.Background())
	f := &following{t, make(chan Line, 1000), cancel, make(chan error, 1)}
	go func() { f.done <- followWith(ctx, notes, sources, Query{Last: last}, func(l Line) { f.lines <- l }) }()
	t.Cleanup(func() { f.stop() })
	return f
}

// stop ends it; what was begun comes as lines.
func (f *following) stop() {
	f.t.Helper()
	f.cancel()
	select {
	case err := <-f.done:
		if err != nil {
			f.t.Error(err)
		}
		f.done <- nil
	case <-time.After(30 * time.Second):
		f.t.Error("Follow goes on after its end")
	}
}

func (f *following) want(texts ...string) {
	f.t.Helper()
	for _, text := range texts {
		select {
		case l := <-f.lines:
			if got := fmt.Sprintf("%s:%d:%s %s", l.App, l.Instance, l.Stream, l.Text); got != "web:1:out "+text {
				f.t.Fatalf("got line %.100q, want %.100q", got, text)
			}
		case err := <-f.done:
			f.t.Fatalf("ended before %q: %v", text, err)
		case <-time.After(30 * time.Second):
			f.t.Fatalf("no line; want %.100q", text)
		}
	}
}

func source(path string) Source {
	return Source{App: "web", ID: 3, Instance: 1, Path: path, Stream: "out"}
}

func add(t *testing.T, path, s string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write(t, f, s)
}

// everyNotifier runs a test with what the system has and with polling.
func everyNotifier(t *testing.T, test func(t *testing.T, make func() notifier)) {
	t.Run("native", func(t *testing.T) { test(t, newNotifier) })
	t.Run("polling", func(t *testing.T) { test(t, func() notifier { return ticker{} }) })
}

func TestFollowFromTheLastLines(t *testing.T) {
	everyNotifier(t, func(t *testing.T, notes func() notifier) {
		path := filepath.Join(t.TempDir(), "log")
		add(t, path, "1\n2\n3\n")
		f := follow(t, notes(), 2, source(path))
		f.want("2", "3")
		long := strings.Repeat("l", 200<<10)
		add(t, path, "\n\xff\x00\n"+long+"\n")
		f.want("", "\xff\x00", long)
		add(t, path, "end")
		f.want("end")
		add(t, path, "\nnext\n")
		f.want("next")
	})
}

func TestFollowFromTheStartOrTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	add(t, path, "1\n2\n")
	f := follow(t, newNotifier(), -1, source(path))
	f.want("1", "2")
	add(t, path, "3\n")
	f.want("3")
	f.stop()
	// The end alone cannot be seen to have been reached: what comes later must
	// not be preceded by what was there.
	add(t, path, "4\n")
	f = follow(t, newNotifier(), 1, source(path))
	f.want("4")
}

func TestFollowThroughTruncation(t *testing.T) {
	everyNotifier(t, func(t *testing.T, notes func() notifier) {
		path := filepath.Join(t.TempDir(), "log")
		add(t, path, "a long first line\n")
		f := follow(t, notes(), 1, source(path))
		f.want("a long first line")
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		add(t, path, "new\n")
		f.want("new")
	})
}

func TestFollowThroughRotation(t *testing.T) {
	everyNotifier(t, func(t *testing.T, notes func() notifier) {
		path := filepath.Join(t.TempDir(), "log")
		add(t, path, "0\n")
		f := follow(t, notes(), 1, source(path))
		f.want("0")
		for i := range 5 {
			old := fmt.Sprint(path, "-", i) // as others do it
			if err := os.Rename(path, old); err != nil {
				t.Skip("an open file cannot be renamed here: ", err)
			}
			add(t, old, fmt.Sprint("late ", i, "\n"))
			add(t, path, fmt.Sprint("early ", i, "\n"))
			f.want(fmt.Sprint("late ", i), fmt.Sprint("early ", i))
		}
	})
}

func TestFollowWhatDoesNotExistYet(t *testing.T) {
	everyNotifier(t, func(t *testing.T, notes func() notifier) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		path := filepath.Join(dir, "log")
		f := follow(t, notes(), 10, source(path))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		add(t, path, "1\n")
		f.want("1")
		if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
			t.Skip("an open file cannot be deleted here: ", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		add(t, path, "2\n")
		f.want("2")
	})
}

func TestFollowManySources(t *testing.T) {
	dir := t.TempDir()
	var sources []Source
	for i := range 20 {
		sources = append(sources, Source{App: fmt.Sprint(i), Path: filepath.Join(dir, fmt.Sprint(i))})
	}
	f := follow(t, newNotifier(), -1, sources...)
	want := map[string]int{}
	for i, s := range sources {
		for n := range 10 {
			add(t, s.Path, fmt.Sprint(n, "\n"))
		}
		want[fmt.Sprint(i)] = 10
	}
	for range 10 * len(sources) {
		select {
		case l := <-f.lines:
			if next := fmt.Sprint(10 - want[l.App]); string(l.Text) != next {
				t.Errorf("%s: got line %q, want %s", l.App, l.Text, next)
			}
			want[l.App]--
		case <-time.After(30 * time.Second):
			t.Fatal("lines are missing: ", want)
		}
	}
}

// TestFollowBegunLines plays the notifier itself.
func TestFollowBegunLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var got []string
	f := &follower{
		ctx: t.Context(), notes: ticker{}, buf: make([]byte, block),
		emit: func(l Line) { got = append(got, string(l.Text)) },
	}
	s := &followed{reading: newReading(source(path), &f.query, f.emit)}
	f.files = []*followed{s}
	defer f.close()
	for _, step := range []struct {
		text  string
		quiet int // how often all were looked at afterwards without any news
		want  []string
	}{
		{"part", 1, nil},
		{"ial\nbegun", 1, []string{"partial"}},
		{"", 1, []string{"begun"}},
		{"\nnext", 0, nil}, // no empty line for the newline of "begun"
		{"\n\n", 0, []string{"next", ""}},
		{strings.Repeat("x", maxLine), 0, []string{strings.Repeat("x", maxLine)}},
		{"y\n", 0, []string{"y"}},
	} {
		got = nil
		add(t, path, step.text)
		if err := f.look(s); err != nil {
			t.Fatal(err)
		}
		for range step.quiet {
			f.flushOld()
		}
		if !slices.Equal(got, step.want) {
			t.Fatalf("after %.20q: got %.100q, want %.100q", step.text, got, step.want)
		}
	}
}

func TestFollowAFolder(t *testing.T) {
	if err := Follow(t.Context(), []Source{source(t.TempDir())}, Query{Last: 1}, func(Line) {}); err == nil {
		t.Error("a folder was followed")
	}
}

// TestFollowThroughManyRotations: rotation may be quicker than who reads along.
func TestFollowThroughManyRotations(t *testing.T) {
	everyNotifier(t, func(t *testing.T, notes func() notifier) {
		path := filepath.Join(t.TempDir(), "log")
		add(t, path, "0\n")
		f := follow(t, notes(), -1, source(path))
		f.want("0")
		for i := 1; i < 60; i++ {
			if i%3 == 0 {
				if err := realDisk().shift(path, 100); err != nil {
					t.Skip("an open file cannot be renamed here: ", err)
				}
			}
			add(t, path, fmt.Sprintln(i))
		}
		for i := 1; i < 60; i++ {
			f.want(fmt.Sprint(i))
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		add(t, path, "deleted and new\n") // nothing old is shown again
		f.want("deleted and new")
	})
}

// TestFollowWhatComesLater asks for further sources.
func TestFollowWhatComesLater(t *testing.T) {
	dir := t.TempDir()
	first, later := filepath.Join(dir, "first"), filepath.Join(dir, "later")
	add(t, first, "1\n")
	asked := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	q := Query{Last: 1, More: func() []Source {
		if asked++; asked != 2 {
			return nil
		}
		add(t, later, "2\n")
		return []Source{source(later)}
	}}
	err := followWith(ctx, ticker{}, []Source{source(first)}, q, func(l Line) {
		switch got = append(got, string(l.Text)); len(got) {
		case 2:
			add(t, later, "3\n")
		case 3:
			cancel()
		}
	})
	if want := []string{"1", "2", "3"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
