package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"forever/internal/wire"
)

// A pid file holds the PID while the program runs, and is gone when it does not.
func TestPidFiles(t *testing.T) {
	w := newWorld(t)
	v := newWatchOf(w)
	own := filepath.Join(w.dir, "own.pid")
	w.start("own", []string{"--pidFile", own}, "sleep")
	w.start("usual", nil, "sleep")
	w.start("many", []string{"-i", "2"}, "sleep")
	files := map[string]string{"own": own}
	for _, a := range w.apps() {
		if a.Name == "own" && a.PidFile != own {
			t.Errorf("the pid file of own is %s, want %s", a.PidFile, own)
		}
		files[a.Name] = a.PidFile
		w.hasPid(a.PidFile, a.Instances[0].PID)
	}
	for _, a := range w.apps() {
		if a.Name == "many" {
			w.hasPid(strings.TrimSuffix(a.PidFile, ".pid")+"-1.pid", a.Instances[1].PID)
		}
	}
	// A new process, by command and by itself.
	w.must("restart", "own")
	w.hasPid(own, w.pid("own"))
	old := w.pid("usual")
	w.kill(old)
	v().await("the next process", func(e wire.Event) bool { return e.App == "usual" && e.State == wire.Online && e.PID != old })
	w.hasPid(files["usual"], w.pid("usual"))

	w.must("stop", "own")
	w.hasPid(own, 0)
	w.must("delete", "many")
	w.hasPid(files["many"], 0)
	// It ends while nobody is there.
	usual := w.hold(w.pid("usual"))
	w.between(func() { w.kill(w.pidOf(files["usual"])) })
	w.gone(usual)
	w.must("stop", "usual")
	w.hasPid(files["usual"], 0)
	w.must("start", "own")
	w.hasPid(own, w.pid("own"))
	w.run("start", "--name", "exits", "/bin/sh", "-c", "exit 0")
	for _, path := range w.pidFiles() {
		if strings.Contains(path, "exits") {
			t.Errorf("%s stays after the end of its program", path)
		}
	}
	w.must("kill")
	if left := append(w.pidFiles(), existing(own)...); len(left) > 0 {
		t.Errorf("pid files without a program: %v", left)
	}
}

// newWatchOf begins a watch when it is first asked for: there has to be a
// supervisor to watch.
func newWatchOf(w *world) func() *watch {
	var v *watch
	return func() *watch {
		if v == nil {
			v = w.watch()
		}
		return v
	}
}

// hasPid checks a pid file; 0: there is none.
func (w *world) hasPid(path string, pid int) {
	w.t.Helper()
	text, err := os.ReadFile(path)
	switch {
	case pid == 0 && errors.Is(err, os.ErrNotExist):
	case pid == 0:
		w.t.Errorf("%s stays after the end: %q, %v", path, text, err)
	case err != nil || string(text) != fmt.Sprintln(pid):
		w.t.Errorf("%s has %q (%v), want %d", path, text, err, pid)
	}
}

func (w *world) pidOf(path string) int {
	w.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		w.t.Fatal(err)
	}
	return pid
}

func (w *world) pidFiles() []string {
	paths, _ := filepath.Glob(w.file("pids/*"))
	return paths
}

func existing(path string) []string {
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	return []string{path}
}
