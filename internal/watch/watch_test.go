package watch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forever/internal/watch"
)

// bound is how long a test waits for what must come; none passes by its end.
const bound = 30 * time.Second

// place is a folder that is watched.
type place struct {
	t    *testing.T
	dir  string
	told chan string
	last string // what was told of last
}

// watched watches a new folder in which files, by name and content, are.
func watched(t *testing.T, o watch.Options, files map[string]string) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), told: make(chan string, 100)}
	for name, text := range files {
		p.write(name, text)
	}
	o.Dirs = []string{p.dir}
	if o.Delay == 0 {
		o.Delay = 20 * time.Millisecond
	}
	for i, skip := range o.Skip {
		o.Skip[i] = filepath.Join(p.dir, skip)
	}
	w, err := watch.Start(o, func(path string) { p.told <- path })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// write puts a file into its place in one step: to be emptied and to be written
// are two changes for a machine that pauses in between.
func (p *place) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	outside := filepath.Join(p.t.TempDir(), "file")
	if err := os.WriteFile(outside, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(outside, p.path(name)); err != nil {
		p.t.Fatal(err)
	}
}

// tells waits for the next burst, whose first file is named. What comes into a
// new folder may be found there and be told of by the kernel, too: on a slow
// machine that is another burst.
func (p *place) tells(want string) {
	p.t.Helper()
	limit := time.After(bound)
	for {
		select {
		case got := <-p.told:
			if got == p.path(want) {
				p.last = got
				return
			}
			if got != p.last {
				p.t.Fatalf("told of %s, want %s", got, p.path(want))
			}
		case <-limit:
			p.t.Fatalf("%s was not told of", want)
		}
	}
}

func TestFileIsChanged(t *testing.T) {
	p := watched(t, watch.Options{}, map[string]string{"app.js": "1", "lib/a.js": "1"})
	p.write("app.js", "2")
	p.tells("app.js")
	p.write("lib/a.js", "2")
	p.tells("lib/a.js")
	if err := os.Remove(p.path("lib/a.js")); err != nil {
		t.Fatal(err)
	}
	p.tells("lib/a.js")
}

// An editor writes a new file and renames it over the old one.
func TestEditorRenames(t *testing.T) {
	p := watched(t, watch.Options{}, map[string]string{"app.js": "1"})
	for range 3 {
		p.write("app.js~", "2")
		if err := os.Rename(p.path("app.js~"), p.path("app.js")); err != nil {
			t.Fatal(err)
		}
		p.tells("app.js")
	}
}

func TestTouch(t *testing.T) {
	p := watched(t, watch.Options{}, map[string]string{"app.js": "1"})
	fresh := time.Now().Add(time.Hour) // and so it is still when a slow machine looks
	if err := os.Chtimes(p.path("app.js"), fresh, fresh); err != nil {
		t.Fatal(err)
	}
	p.tells("app.js")
}

// A new folder is watched, with what was put into it before that.
func TestNewFolder(t *testing.T) {
	p := watched(t, watch.Options{}, nil)
	p.write("new/deep/a.js", "1")
	p.tells("new/deep/a.js")
	p.write("new/deep/b.js", "1")
	p.tells("new/deep/b.js")
}

// Many changes in a moment are told once: what follows is another one.
func TestBurst(t *testing.T) {
	p := watched(t, watch.Options{Delay: 2 * time.Second}, nil)
	p.write("first.js", "1")
	for range 50 {
		p.write("more.js", "1")
	}
	p.tells("first.js")
	p.write("last.js", "1")
	p.tells("last.js")
}

// What does not count is told by nothing but the change after it being the first.
func TestIgnored(t *testing.T) {
	for name, tt := range map[string]struct {
		o     watch.Options
		files map[string]string
		quiet []string
	}{
		"by default": {quiet: []string{"node_modules/x/a.js", ".git/index", "sub/node_modules/a.js", "app.js~", ".app.js.swp", "4913", "__pycache__/a.pyc", ".#app.js", "#app.js#"}},
		"patterns": {
			o:     watch.Options{Ignore: []string{"*.log", "/tmp/", "data/**", "./public", "a?c.js", "[!x]y.js", "c++(1).js"}},
			quiet: []string{"x.log", "sub/y.log", "tmp/a.js", "data/x/y", "public/index.html", "abc.js", "zy.js", "c++(1).js"},
		},
		"file":           {files: map[string]string{watch.IgnoreFile: "# of tests\n*.tmp\n!keep.tmp\n"}, quiet: []string{"a.tmp", "sub/b.tmp"}},
		"suffixes":       {o: watch.Options{Ext: []string{"js", "mjs"}}, quiet: []string{"a.ts", "js", "ajs", "a.js.map"}},
		"skipped":        {o: watch.Options{Skip: []string{"out.log", "root/"}}, quiet: []string{"out.log", "out.log.1", "root/state.json"}},
		"skipped folder": {o: watch.Options{Skip: []string{"a", "root"}}, quiet: []string{"a", "root/state.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := watched(t, tt.o, tt.files)
			for _, quiet := range tt.quiet {
				p.write(quiet, "1")
			}
			p.write("app.js", "1")
			p.tells("app.js")
		})
	}
}

func TestTakenBack(t *testing.T) {
	p := watched(t, watch.Options{Ignore: []string{"!node_modules", "*.tmp", "!keep.tmp"}}, nil)
	p.write("node_modules/a.js", "1")
	p.tells("node_modules/a.js")
	p.write("keep.tmp", "1")
	p.tells("keep.tmp")
}

func TestWrongPattern(t *testing.T) {
	if err := watch.Check("a[b"); err == nil || !strings.Contains(err.Error(), `"a[b" is no pattern`) {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, watch.IgnoreFile)
	if err := os.WriteFile(name, []byte("ok\n![\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := watch.Start(watch.Options{Dirs: []string{dir}}, func(string) {})
	if err == nil || !strings.HasPrefix(err.Error(), name+":2: ") {
		t.Errorf("got %v, want %s:2", err, name)
	}
}

func TestMissingFolder(t *testing.T) {
	_, err := watch.Start(watch.Options{Dirs: []string{filepath.Join(t.TempDir(), "none")}}, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "watch ") {
		t.Errorf("got %v", err)
	}
}
