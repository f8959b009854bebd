package faults

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/wire"
)

// removals are what somebody may remove while forever runs.
var removals = map[string]func(w *world) error{
	"socket":       func(w *world) error { return os.Remove(w.file("forever.sock")) },
	"lock":         func(w *world) error { return os.Remove(w.file("forever.lock")) },
	"socket, lock": func(w *world) error { return remove(w, "forever.sock", "forever.lock") },
	"lock, socket": func(w *world) error { return remove(w, "forever.lock", "forever.sock") },
	"all but state": func(w *world) error {
		return remove(w, "forever.lock", "forever.sock", "supervisor.log", "logs", "pids")
	},
	"root": removeRoot,
}

func remove(w *world, names ...string) error {
	for _, name := range names {
		if err := os.RemoveAll(w.file(name)); err != nil {
			return err
		}
	}
	return nil
}

// removeRoot removes all there is. The pair may be faster, and have put its
// files back before the folder itself is due.
func removeRoot(w *world) error {
	if err := os.RemoveAll(w.root); err != nil && !errors.Is(err, unix.ENOTEMPTY) {
		return err
	}
	return nil
}

// A shim that could not make its files anew yet is found without any of them.
func TestNoSecondShimWhileTheFirstMakesItsFilesAnew(t *testing.T) {
	w := newWorld(t)
	app := w.hold(w.start("app", nil, "sleep"))
	pid, pair := w.pid("app"), w.ping()
	halted := []*proc.Handle{w.halt(pair.SupervisorPID), w.halt(pair.ShimPID)}
	if err := errors.Join(os.RemoveAll(w.root), os.Mkdir(w.root, 0o700)); err != nil {
		t.Fatal(err)
	}
	if said := w.secondShim(); said != "locked\n" {
		t.Errorf("a second shim says %q", said)
	}
	for _, h := range halted {
		if err := h.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	w.must("start", "--name", "next", play, "sleep")
	if now := w.ping(); now.ShimPID != pair.ShimPID || now.SupervisorPID != pair.SupervisorPID {
		t.Errorf("in charge is %+v, before it was %+v", now, pair)
	}
	if got := w.pid("app"); got != pid || app.Exited() {
		t.Errorf("PID %d, want %d", got, pid)
	}
	w.must("stopall")
	w.pairGone()
}

// secondShim starts a shim as a client does and returns what it tells of its beginning.
func (w *world) secondShim() string {
	w.t.Helper()
	ready, told, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	defer ready.Close()
	cmd := w.command("__shim", w.root)
	cmd.ExtraFiles = []*os.File{told}
	err = cmd.Start()
	told.Close()
	if err != nil {
		w.t.Fatal(err)
	}
	said, err := io.ReadAll(ready)
	if err != nil {
		w.t.Fatal(err)
	}
	if string(said) != "ok\n" { // else it goes on until the world ends
		_ = cmd.Wait()
	}
	return string(said)
}

// The pair makes its files anew: it stays in reach, and no second one begins.
func TestRemovedFiles(t *testing.T) {
	for name, remove := range removals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			app := w.hold(w.start("app", nil, "sleep"))
			pid, pair := w.pid("app"), w.ping()
			if err := remove(w); err != nil {
				t.Fatal(err)
			}
			w.must("start", "--name", "next", play, "sleep")
			if now := w.ping(); now.ShimPID != pair.ShimPID || now.SupervisorPID != pair.SupervisorPID {
				t.Errorf("in charge is %+v, before it was %+v", now, pair)
			}
			if got := w.pid("app"); got != pid || app.Exited() {
				t.Errorf("PID %d, want %d", got, pid)
			}
			w.consistent()
			w.kill(pair.SupervisorPID)
			if in := w.instance("app"); in.PID != pid || in.Status != wire.Online {
				t.Errorf("after another supervisor came, the app is %s with PID %d", in.Status, in.PID)
			}
			w.must("stopall")
			w.pairGone()
			if left := w.all(); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}
