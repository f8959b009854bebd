package supervisor

import (
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"

	"forever/internal/watch"
	"forever/internal/wire"
)

// FileWatcher is what watches files until it is closed.
type FileWatcher interface {
	io.Closer
	Folders() int
}

func systemFiles(o watch.Options, changed func(path string)) (FileWatcher, error) {
	return watch.Start(o, changed)
}

// watched is the watch over an app's files.
type watched struct {
	want   *wire.Watch
	files  FileWatcher // nil: it is on its way
	failed error
	lacks  error // a folder that was made later is not watched
}

// tendWatch has the app's files watched exactly while it is wanted to run and
// asks for it.
func (a *app) tendWatch() {
	want := a.spec.Watch
	if want != nil && !want.On || !a.awake() {
		want = nil
	}
	if a.watch != nil && !reflect.DeepEqual(a.watch.want, want) {
		a.watch.close()
		a.watch = nil
	}
	if a.watch == nil && want != nil {
		a.watchFiles(want)
	}
}

// close waits for the watcher's last word, which may be on its way to the loop.
func (w *watched) close() {
	if w.files != nil {
		go w.files.Close()
	}
}

// watchFiles begins to watch, beside the loop: there may be many folders.
func (a *app) watchFiles(want *wire.Watch) {
	s, w := a.s, &watched{want: want}
	a.watch = w
	o := watch.Options{Dirs: want.Dirs, Ignore: want.Ignore, Ext: want.Ext, Delay: milliseconds(want.DelayMS), Skip: a.ownFiles()}
	o.Trouble = func(err error) { s.post(func() { w.trouble(a, err) }) }
	go func() {
		files, err := s.WatchFiles(o, func(path string) {
			s.post(func() {
				if a.watch == w {
					a.fileChanged(path)
				}
			})
		})
		s.post(func() { a.watching(w, files, err) })
	}()
}

// watching: the files are watched, or cannot be.
func (a *app) watching(w *watched, files FileWatcher, err error) {
	s := a.s
	switch {
	case err != nil:
		w.failed = err
		s.logf("%s: %v", a.spec.Name, err)
		if a.watch == w {
			s.publishWarning(a, fmt.Sprintf("app %q: %s", a.spec.Name, a.watchNote()))
		}
		s.changed()
	case a.watch != w: // not wanted any more
		w.files = files
		w.close()
	default:
		w.files = files
		s.logf("%s: watching %s", a.spec.Name, plural(files.Folders(), "folder"))
	}
}

// fileChanged starts all instances anew, also those that have ended: the change
// may be what they lacked.
func (a *app) fileChanged(path string) {
	if rel, err := filepath.Rel(a.spec.Cwd, path); err == nil && !strings.HasPrefix(rel, "..") {
		path = rel
	}
	for _, in := range a.chosen(-1) {
		in.replace(path + " changed")
	}
}

// ownFiles are written for the app by us; they are no change of it.
func (a *app) ownFiles() []string {
	own := []string{a.s.root}
	for i := range a.spec.Instances {
		out, errs := a.outPaths(i)
		for _, path := range []string{out, errs, a.pidPath(i)} {
			if path != "" {
				own = append(own, path)
			}
		}
	}
	return own
}

// watchNote tells that files are not watched although that was asked for.
func (a *app) watchNote() string {
	switch w := a.watch; {
	case w == nil:
	case w.failed != nil:
		return "not watched: " + w.failed.Error()
	case w.lacks != nil:
		return "not all is watched: " + w.lacks.Error()
	}
	return ""
}

func (w *watched) trouble(a *app, err error) {
	if w.lacks == nil {
		a.s.logf("%s: %v", a.spec.Name, err)
	}
	w.lacks = err
}
