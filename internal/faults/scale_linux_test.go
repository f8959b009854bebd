package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/need"
	"forever/internal/wire"
)

// Five hundred programs under one supervisor, which is then killed twice.
func TestManyPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 500 programs")
	}
	const apps = 500
	w := newWorld(t)
	w.must("start", w.configOf(apps))
	first := w.allRun(apps)
	p := w.ping()
	w.kill(p.SupervisorPID)
	w.kill(w.ping().ShimPID)
	for uid, pid := range w.allRun(apps) {
		if pid != first[uid] {
			t.Errorf("PID %d after both had died one after the other, want %d", pid, first[uid])
		}
	}
	w.must("restart", "all")
	for uid, pid := range w.allRun(apps) {
		if pid == first[uid] {
			t.Errorf("PID %d has survived a restart", pid)
		}
	}
	w.consistent()
	w.must("stop", "all")
	w.pairGone()
	if left := w.all(); len(left) > 0 {
		t.Errorf("%d processes are left", len(left))
	}
}

// configOf writes a config file with so many programs that sleep.
func (w *world) configOf(apps int) (path string) {
	w.t.Helper()
	type app struct {
		Name   string   `json:"name"`
		Script string   `json:"script"`
		Args   []string `json:"args"`
	}
	var list []app
	for i := range apps {
		list = append(list, app{fmt.Sprintf("app%03d", i), "/bin/sleep", []string{"100000"}})
	}
	text, err := json.Marshal(map[string]any{"apps": list})
	if err != nil {
		w.t.Fatal(err)
	}
	path = filepath.Join(w.dir, "apps.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// allRun checks that so many apps are online, and returns their PIDs.
func (w *world) allRun(apps int) map[string]int {
	w.t.Helper()
	pids := map[string]int{}
	for _, a := range w.must("list", "--json").apps(w) {
		if a.Status == wire.Online && a.Instances[0].PID != 0 {
			pids[a.UID] = a.Instances[0].PID
		} else {
			w.t.Errorf("%s is %s", a.Name, a.Status)
		}
	}
	if len(pids) != apps {
		w.t.Fatalf("%d apps are online, want %d", len(pids), apps)
	}
	return pids
}

// Where the machine allows no more descriptors, the app that is too much is told
// so, and all others run on.
func TestDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	shell := need.Command(t, "sh")
	w := newWorld(t)
	limited := func(args ...string) answer {
		t.Helper()
		cmd := w.command()
		cmd.Path, cmd.Args = shell, append([]string{"sh", "-c", `ulimit -n 64 && exec "$0" "$@"`, w.exe}, args...)
		return w.runAs(cmd)
	}
	var refused answer
	running := 0
	for i := range 64 {
		refused = limited("start", "--name", fmt.Sprint("app", i), "/bin/sleep", "100000")
		if refused.code != 0 {
			break
		}
		running++
	}
	if refused.code != 1 || !strings.Contains(refused.err, "too many open files") {
		t.Fatalf("after %d apps with 64 descriptors: %v", running, refused)
	}
	if !strings.Contains(refused.err, "ulimit -n") {
		t.Errorf("the message does not say which limit to raise: %v", refused)
	}
	w.consistent()
	w.kill(w.ping().SupervisorPID)
	online := 0
	for _, a := range w.apps() {
		if a.Status == wire.Online {
			online++
		}
	}
	if online != running {
		t.Errorf("%d apps are online, want %d", online, running)
	}
	w.must("delete", "app0")
	if a := limited("start", "--name", "again", "/bin/sleep", "100000"); a.code != 0 {
		t.Errorf("with room again: %v", a)
	}
	w.must("stopall")
	w.pairGone()
}
