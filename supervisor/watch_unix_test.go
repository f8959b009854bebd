//go:build unix

package supervisor

import (
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"

	"forever/internal/watch"
	"forever/internal/wire"
	"forever/pidfile"
)

// fakeDisk is the files that apps watch: a test changes them by a call.
type fakeDisk struct {
	mu      sync.Mutex
	open    int
	options watch.Options
	changed func(path string)
	err     error
}

func (d *fakeDisk) watch(o watch.Options, changed func(string)) (FileWatcher, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, d.err
	}
	d.open++
	d.options, d.changed = o, changed
	return d, nil
}

func (d *fakeDisk) Folders() int { return 3 }

func (d *fakeDisk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	return nil
}

func (d *fakeDisk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

func watchingWorld(t *testing.T, d *fakeDisk) *world {
	t.Helper()
	w := newWorld(t)
	w.s.WatchFiles = d.watch
	w.s.active = 1
	w.s.Adopt(&pidfile.State{}, nil, nil)
	w.run()
	return w
}

func seen(name string) wire.Spec {
	sp := spec(name)
	sp.Cwd = "/srv/app"
	sp.Watch = &wire.Watch{On: true, Dirs: []string{sp.Cwd}, Ignore: []string{"*.log"}}
	return sp
}

// upWatched starts the app and returns its slot; its files are watched.
func (w *world) upWatched(sp wire.Spec) string {
	w.t.Helper()
	slot := w.up(sp)
	w.until("the watch", func() bool { return w.s.byName(sp.Name).watch.files != nil })
	return slot
}

func TestChangeStartsAnew(t *testing.T) {
	d := new(fakeDisk)
	w := watchingWorld(t, d)
	slot := w.upWatched(seen("web"))
	d.changed("/srv/app/lib/a.js")
	w.wantSignals(syscall.SIGTERM)
	d.changed("/srv/app/lib/b.js") // while it is stopping: the next process sees it anyway
	w.wantSignals()
	w.exits(slot, signaled(syscall.SIGTERM), true)
	in := w.look("web")
	if in.Status != wire.Online || in.Restarts != 1 || in.LastExit.Reason != "restarted: lib/a.js changed" {
		t.Errorf("after the change: %+v, last exit %+v", in, in.LastExit)
	}
	for _, want := range []string{"web: watching 3 folders", "web: restarted: lib/a.js changed"} {
		if !strings.Contains(w.logged(), want) {
			t.Errorf("the log lacks %q:\n%s", want, w.logged())
		}
	}
	own := strings.Join(d.options.Skip, " ")
	if !strings.Contains(own, w.s.root+" ") || !strings.Contains(own, "web-out.log") {
		t.Errorf("what we write ourselves is watched: %s", own)
	}
}

// What ended, well or not, waits for the change that it lacks, and the pair with it.
func TestChangeStartsWhatEnded(t *testing.T) {
	for name, status := range map[string]syscall.WaitStatus{wire.Exited: code(0), wire.Failed: code(1), wire.Backoff: code(1)} {
		t.Run(name, func(t *testing.T) {
			d := new(fakeDisk)
			w := watchingWorld(t, d)
			sp := seen("web")
			sp.Foreground = true
			if name != wire.Backoff {
				sp.Policy.Restart = wire.RestartNever
			}
			slot := w.upWatched(sp)
			w.exits(slot, status, true)
			w.is("web", name)
			w.do(func() {
				if w.s.active = 0; w.s.idle() {
					t.Error("the pair would end with a change to come")
				}
				w.s.active = 1
			})
			d.changed("/srv/app/a.js")
			if in := w.look("web"); in.Status != wire.Online || in.Restarts != 1 {
				t.Errorf("after the change: %+v", in)
			}
		})
	}
}

// What was counted before goes on.
func TestChangeResetsNothing(t *testing.T) {
	d := new(fakeDisk)
	w := watchingWorld(t, d)
	slot := w.upWatched(seen("web"))
	for range 3 {
		w.exits(slot, code(1), true)
		w.nextTry()
	}
	w.exits(slot, code(1), true)
	d.changed("/srv/app/a.js") // in backoff: at once
	w.is("web", wire.Online)
	w.exits(slot, code(1), true)
	if in := w.look("web"); in.Status != wire.Backoff || in.NextTryMS != 1600 {
		t.Errorf("the next wait is %d ms (%s), want 1600", in.NextTryMS, in.Status)
	}
}

func TestChangeLeavesAloneWhatAUserStopped(t *testing.T) {
	d := new(fakeDisk)
	w := watchingWorld(t, d)
	sp := seen("web")
	sp.Foreground = true
	slot := w.upWatched(sp)
	stop := w.target(ActStop, "web")
	w.until("the stop", func() bool { return w.s.byName("web").instances[0].after == afterStop })
	d.changed("/srv/app/a.js")
	w.exits(slot, signaled(syscall.SIGTERM), true)
	stop.ok()
	d.changed("/srv/app/a.js")
	w.is("web", wire.Stopped)
	w.until("the end of the watch", func() bool { return d.count() == 0 && w.s.byName("web").watch == nil })
	w.do(func() {
		if w.s.byName("web").farewell == nil {
			t.Error("nobody would ever forget it")
		}
	})
	w.target(ActStart, "web").ok()
	w.until("the watch", func() bool { return d.count() == 1 })
}

// Without a watch the app runs all the same, and says so.
func TestFilesCannotBeWatched(t *testing.T) {
	d := &fakeDisk{err: errors.New("watch /srv/app: no space left on device")}
	w := watchingWorld(t, d)
	told := w.client("watch", func(emit func(wire.Event)) { w.s.Watch(w.ctx, emit) })
	w.until("the watch of changes", func() bool { return len(told.ofType(wire.EventWatching)) == 1 })
	slot := w.up(seen("web"))
	w.until("the warning", func() bool { return len(told.ofType(wire.EventWarning)) == 1 })
	if e := told.ofType(wire.EventWarning)[0]; e.App != "web" || e.Message != `app "web": not watched: watch /srv/app: no space left on device` {
		t.Errorf("told %+v", e)
	}
	w.until("the error", func() bool { return w.s.byName("web").watch.failed != nil })
	if in := w.look("web"); in.Status != wire.Online || in.Note != "not watched: watch /srv/app: no space left on device" {
		t.Errorf("got %+v", in)
	}
	w.exits(slot, code(0), true)
	w.do(func() {
		if w.s.active = 0; !w.s.idle() && w.s.working() {
			t.Error("the pair waits for a change that it will not see")
		}
		w.s.active = 1
	})
}

// A folder that was made later and is not watched is told once, and the rest goes on.
func TestNewFolderCannotBeWatched(t *testing.T) {
	d := new(fakeDisk)
	w := watchingWorld(t, d)
	w.upWatched(seen("web"))
	for range 2 {
		d.options.Trouble(errors.New("watch /srv/app/new: no space left on device"))
	}
	if in := w.look("web"); in.Note != "not all is watched: watch /srv/app/new: no space left on device" {
		t.Errorf("got %+v", in)
	}
	if n := strings.Count(w.logged(), "no space left"); n != 1 {
		t.Errorf("told %d times:\n%s", n, w.logged())
	}
	d.changed("/srv/app/a.js")
	w.wantSignals(syscall.SIGTERM)
}

func TestWrongPatternIsRefused(t *testing.T) {
	w := watchingWorld(t, new(fakeDisk))
	sp := seen("web")
	sp.Watch.Ignore = []string{"a[b"}
	c := w.start(sp)
	c.result()
	if done := c.ofType(wire.EventDone); len(done) != 1 || done[0].Err == nil || done[0].Err.Code != wire.CodeUsage {
		t.Errorf("got %s", tell(done))
	}
}
