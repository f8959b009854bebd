// Package watch tells when files change. The kernel tells it: nothing is polled,
// and a folder in which nothing happens costs no wake-up.
package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// DefaultDelay is how long it has to be quiet after a change before it is told:
// an editor, or a checkout, changes many files at once.
const DefaultDelay = 150 * time.Millisecond

// patience bounds, in delays, for how long a restless folder can put that off.
const patience = 10

// Options say what is watched.
type Options struct {
	Dirs   []string // absolute; everything below is watched, folders made later too
	Ignore []string // patterns as in .gitignore, meant from each of Dirs; see Check
	Skip   []string // absolute paths of files and folders that never count, nor FILE.1 of a file
	Ext    []string // suffixes without a dot; empty: every file counts
	Delay  time.Duration
	// Trouble hears that a folder which was made later cannot be watched.
	Trouble func(err error)
}

// Watcher watches until it is closed.
type Watcher struct {
	o       Options
	rules   []*rules // one for each of Dirs
	fs      *fsnotify.Watcher
	changed func(path string)
	ended   chan struct{}

	// What follows belongs to run.
	first string // the first change of a burst; empty: there is none
	since time.Time
	quiet *time.Timer
}

// Start watches, and calls changed once for each burst of changes with the
// first file of it, from a goroutine of its own. Changes from its return on are
// seen. Close ends it.
func Start(o Options, changed func(path string)) (*Watcher, error) {
	if o.Delay <= 0 {
		o.Delay = DefaultDelay
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", explain(err))
	}
	w := &Watcher{o: o, fs: notify, changed: changed, ended: make(chan struct{}), quiet: time.NewTimer(o.Delay)}
	w.quiet.Stop()
	for _, dir := range o.Dirs {
		r, err := newRules(dir, o.Ignore)
		if err == nil {
			w.rules = append(w.rules, r)
			err = w.add(dir, func(string) {})
		}
		if err != nil {
			notify.Close()
			return nil, err
		}
	}
	go w.run()
	return w, nil
}

// Close returns when nothing more will be told.
func (w *Watcher) Close() error {
	err := w.fs.Close()
	<-w.ended
	return err
}

// Folders is how many folders are watched.
func (w *Watcher) Folders() int { return len(w.fs.WatchList()) }

func (w *Watcher) run() {
	defer close(w.ended)
	defer w.quiet.Stop()
	for {
		select {
		case e, open := <-w.fs.Events:
			if !open {
				return
			}
			w.event(e)
		case err, open := <-w.fs.Errors:
			if !open {
				return
			}
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				w.note(w.o.Dirs[0]) // so much has changed that the kernel lost count
			}
		case <-w.quiet.C:
			path := w.first
			w.first = ""
			w.changed(path)
		}
	}
}

// event judges one event of the kernel's.
func (w *Watcher) event(e fsnotify.Event) {
	info, err := os.Lstat(e.Name)
	isDir := err == nil && info.IsDir()
	switch {
	case w.ignored(e.Name, isDir):
	case isDir:
		if e.Has(fsnotify.Create) {
			// What is in it already came too early to be told of. A folder that
			// went away again has nothing to be told.
			if err := w.add(e.Name, w.note); err != nil && !errors.Is(err, fs.ErrNotExist) && w.o.Trouble != nil {
				w.o.Trouble(err)
			}
		}
	case e.Op == fsnotify.Chmod && (err != nil || time.Since(info.ModTime()) > touched):
		// Permissions; but touch(1) means it.
	default:
		w.note(e.Name)
	}
}

// touched is how fresh a file's time is after touch(1).
const touched = 2 * time.Second

// note begins a burst, or makes it longer.
func (w *Watcher) note(path string) {
	if !w.counts(path) {
		return
	}
	now := time.Now()
	if w.first == "" {
		w.first, w.since = path, now
	}
	w.quiet.Reset(min(w.o.Delay, max(w.since.Add(patience*w.o.Delay).Sub(now), 0)))
}

// add watches a folder and all below it; each file there is given to found.
func (w *Watcher) add(dir string, found func(path string)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return fmt.Errorf("watch %s: %w", dir, err)
		case err != nil:
			return nil // it has just gone, or is not ours to read
		case path != dir && w.ignored(path, d.IsDir()):
			return skip(d)
		case !d.IsDir():
			found(path)
			return nil
		}
		if err := w.fs.Add(path); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("watch %s: %w", path, explain(err))
		}
		return nil
	})
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return filepath.SkipDir
	}
	return nil
}

// explain adds what to do about the limits that the kernel sets.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: there are more folders than fs.inotify.max_user_watches allows; ignore some, or raise it with sysctl", err)
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: fs.inotify.max_user_instances or the limit of open files is used up", err)
	}
	return err
}
