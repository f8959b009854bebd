package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/wire"
)

// A supervisor that dies at once is tried again, less and less often, and its
// last words are kept. The programs run on, and when the cause is gone so is the trouble.
func TestASupervisorThatCannotLive(t *testing.T) {
	w := newWorld(t)
	pid := w.start("app", nil, "sleep")
	process := w.hold(pid)
	log := w.follow("supervisor.log")
	w.between(func() {
		if err := os.Remove(w.file("state.json")); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(w.file("state.json/in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
	})
	log.await("5 times in a row; next try in 100ms")
	if !strings.Contains(w.log(), "read the state") {
		t.Errorf("the last words of the supervisor are not in the log:\n%s", w.log())
	}
	if err := os.RemoveAll(w.file("state.json")); err != nil {
		t.Fatal(err)
	}
	if got := w.pid("app"); got != pid || process.Exited() {
		t.Errorf("PID %d, want %d", got, pid)
	}
	w.must("stop", "app")
	w.pairGone()
}

// A binary that does not come up leaves everything as it was.
func TestUpdateToABinaryThatDies(t *testing.T) {
	w := newWorld(t)
	pid := w.start("app", nil, "sleep")
	before := w.ping()
	bad := filepath.Join(w.dir, "forever")
	if err := os.WriteFile(bad, []byte("#!/bin/sh\necho my last words >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused := w.update(bad)
	if refused == nil || !strings.Contains(refused.Message, bad) {
		t.Errorf("update says %v, want an error that names %s", refused, bad)
	}
	if !strings.Contains(w.log(), "my last words") {
		t.Errorf("its last words are not in the log:\n%s", w.log())
	}
	after := w.ping()
	if after.Version != before.Version || after.ShimPID != before.ShimPID {
		t.Errorf("in charge is %+v, before it was %+v", after, before)
	}
	if got := w.pid("app"); got != pid {
		t.Errorf("PID %d, want %d", got, pid)
	}
	if refused := w.update(filepath.Join(w.dir, "nothing")); refused == nil {
		t.Error("an update to a file that is not there succeeds")
	}
	w.consistent()
}

// update asks for an update and returns what went wrong.
func (w *world) update(exe string) (refused *wire.Error) {
	w.t.Helper()
	err := w.client.Update(w.ctx, exe, func(e wire.Event) {
		if e.Err != nil {
			refused = e.Err
		}
	})
	if err != nil {
		w.t.Fatalf("update: %v", err)
	}
	return refused
}

// A new binary takes over both processes, and no program and no line is lost.
func TestUpdate(t *testing.T) {
	t.Parallel()
	const version = "9.9.9-faults"
	w := newWorld(t)
	w.start("sleep", nil, "sleep")
	w.start("lines", nil, "lines", "500")
	w.expect("lines", 1)
	pids := map[string]int{"sleep": w.pid("sleep"), "lines": w.pid("lines")}
	shim := w.ping().ShimPID
	w.exe = filepath.Join(w.dir, "forever")
	if err := buildForever(w.exe, "-ldflags", "-X forever/internal/cli.Version="+version); err != nil {
		t.Fatal(err)
	}
	w.must("update")
	w.followed(shim)
	w.inCharge(version, shim)
	w.kill(w.ping().SupervisorPID)
	w.inCharge(version, shim) // it is what the shim starts from now on
	for name, pid := range pids {
		if got := w.pid(name); got != pid {
			t.Errorf("%s: PID %d, want %d", name, got, pid)
		}
	}
	w.consistent()
	w.must("stopall")
	w.checkLines("lines")
	w.pairGone()
}

// followed waits until the shim, which comes after its new supervisor, runs the
// new binary.
func (w *world) followed(shim int) {
	w.t.Helper()
	for {
		// In the middle of its execve it has no binary at all.
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", shim)); err == nil && exe == w.exe {
			return
		}
		w.ping() // fails when the patience of the test is over
	}
}

// inCharge checks which binary the two processes run.
func (w *world) inCharge(version string, shim int) {
	w.t.Helper()
	p := w.ping()
	if p.Version != version || p.ShimPID != shim {
		w.t.Errorf("in charge is %+v, want version %s and the shim %d", p, version, shim)
	}
	for _, pid := range []int{p.SupervisorPID, p.ShimPID} {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil || exe != w.exe {
			w.t.Errorf("process %d runs %s (%v), want %s", pid, exe, err, w.exe)
		}
	}
}
