package faults

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/need"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// spoiled is a running app whose state file is about to be spoiled.
func spoiled(t *testing.T) (w *world, app *proc.Handle) {
	t.Helper()
	w = newWorld(t)
	app = w.hold(w.start("app", []string{"--kill-timeout", "5s"}, "sleep"))
	return w, app
}

// damages are ways to lose a state file.
var damages = map[string]func(text []byte) []byte{
	"truncated": func(text []byte) []byte { return text[:len(text)/2] },
	"garbage":   func(text []byte) []byte { return append([]byte("{\n  ]"), text...) },
	"empty":     func([]byte) []byte { return nil },
	"zeros":     func(text []byte) []byte { return make([]byte, len(text)) },
}

// With both processes dead, commands meet the damaged file first.
func TestDamagedStateMeetsACommand(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, app := spoiled(t)
			pid := w.pid("app")
			w.killBoth(w.ping())
			text := w.damage(damage)
			list := w.run("list")
			w.saysWhere(list)
			if list.code != 1 {
				t.Errorf("list of a damaged state: %v", list)
			}
			started := w.must("start", "--name", "next", play, "sleep")
			w.saysWhere(started)
			w.keptAside(text)
			if app.Exited() || w.pid("app") != pid {
				t.Errorf("the app has PID %d, want %d as before", w.pid("app"), pid)
			}
			w.consistent()
			w.must("stopall")
			w.pairGone()
		})
	}
}

// A supervisor that meets it knows from the shim, and from the processes, what runs.
func TestDamagedStateMeetsASupervisor(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, app := spoiled(t)
			pid := w.pid("app")
			var text []byte
			w.between(func() { text = w.damage(damage) })
			w.saysWhere(w.must("start", "--name", "next", play, "sleep"))
			w.keptAside(text)
			if app.Exited() || w.pid("app") != pid {
				t.Errorf("the app has PID %d, want %d as before", w.pid("app"), pid)
			}
			w.consistent()
			w.must("restart", "app")
			if !app.Exited() || w.pid("app") == pid {
				t.Error("a rebuilt app cannot be restarted")
			}
			w.must("stopall")
			w.pairGone()
		})
	}
}

// between does something while one supervisor is dead and the next is not yet born.
func (w *world) between(do func()) {
	w.t.Helper()
	p := w.ping()
	shim := w.halt(p.ShimPID)
	w.kill(p.SupervisorPID)
	do()
	if err := shim.Signal(syscall.SIGCONT); err != nil {
		w.t.Fatal(err)
	}
}

// damage spoils the state file; nobody may be there who writes it.
func (w *world) damage(how func([]byte) []byte) (text []byte) {
	w.t.Helper()
	text = how([]byte(w.read("state.json")))
	if err := os.WriteFile(w.file("state.json"), text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return text
}

// saysWhere: the message has the file with line and column.
func (w *world) saysWhere(a answer) {
	w.t.Helper()
	if !strings.Contains(a.err, w.file("state.json")+":") || !strings.Contains(a.err, "damaged") {
		w.t.Errorf("no word of where the state is damaged: %v", a)
	}
}

func (w *world) keptAside(text []byte) {
	w.t.Helper()
	copies, _ := filepath.Glob(w.file("state.json.damaged-*"))
	for _, path := range copies {
		if kept, err := os.ReadFile(path); err == nil && string(kept) == string(text) {
			return
		}
	}
	w.t.Errorf("no copy of the damaged state is kept: %v", copies)
}

// A folder that may not be written keeps nobody from running, and from being stopped.
func TestStateCannotBeWritten(t *testing.T) {
	need.NonRoot(t)
	w, app := spoiled(t)
	w.writable(false)
	w.refuses("start", "--name", "next", play, "sleep")
	if app.Exited() {
		t.Error("the app has died of a folder")
	}
	if a := w.run("stop", "app"); a.code != 0 || !app.Exited() {
		t.Errorf("an app cannot be stopped in a read-only folder: %v", a)
	} else if !strings.Contains(a.err, w.root) {
		t.Errorf("stop does not say that the state cannot be written: %v", a)
	}
	w.writable(true)
	w.must("restart", "app") // as the file says, it runs
	w.consistent()
}

func (w *world) writable(yes bool) {
	w.t.Helper()
	mode := os.FileMode(0o500)
	if yes {
		mode = 0o700
	}
	if err := os.Chmod(w.root, mode); err != nil {
		w.t.Fatal(err)
	}
}

// refuses runs a command that has to fail, naming a file in the root.
func (w *world) refuses(args ...string) {
	w.t.Helper()
	if a := w.run(args...); a.code != 1 || !strings.Contains(a.err, w.root) {
		w.t.Errorf("want a failure with the name of the file: %v", a)
	}
	for _, a := range w.apps() {
		if a.Name == "next" {
			w.t.Errorf("what was refused is in the list: %s", a.Status)
		}
	}
}

// A full disk likewise; and when there is room again all is well.
func TestStateOnAFullDisk(t *testing.T) {
	need.Root(t)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0755"); err != nil {
		t.Skipf("SKIPPED: needs to mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := newWorldIn(t, dir)
	app := w.hold(w.start("app", nil, "sleep"))
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	w.refuses("start", "--name", "next", play, "sleep")
	w.kill(w.ping().SupervisorPID)
	if in := w.instance("app"); app.Exited() || in.Status != wire.Online {
		t.Errorf("the app is %s", in.Status)
	}
	if a := w.run("stop", "app"); a.code != 0 || !app.Exited() {
		t.Errorf("an app cannot be stopped on a full disk: %v", a)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.must("start", "app")
	w.consistent()
}

// fill writes a file until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// What belongs to somebody else is not used, and not touched.
func TestStateOfAnotherUser(t *testing.T) {
	need.Root(t)
	const nobody = 65534
	for _, name := range []string{"", "state.json"} {
		w, app := spoiled(t)
		w.killBoth(w.ping())
		if err := os.Lchown(w.file(name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
		a := w.run("start", "--name", "next", play, "sleep")
		if a.code != 1 || !strings.Contains(a.err, w.file(name)) || !strings.Contains(a.err, "another user") {
			t.Errorf("%q of another user: %v", name, a)
		}
		if app.Exited() || len(w.supervisors()) > 0 {
			t.Errorf("the app has ended, or a supervisor runs:\n%s", w.show())
		}
	}
}

// A state file that is gone is written again, and a supervisor that misses it
// asks the shim and the processes.
func TestStateFileRemoved(t *testing.T) {
	w, app := spoiled(t)
	pid := w.pid("app")
	remove := func() {
		t.Helper()
		if err := os.Remove(w.file("state.json")); err != nil {
			t.Fatal(err)
		}
	}
	remove()
	w.must("start", "--name", "next", play, "sleep")
	state, err := pidfile.Load(w.file("state.json"))
	if err != nil || len(state.Apps) != 2 {
		t.Errorf("the state has %d apps (%v), want 2", len(state.Apps), err)
	}
	w.between(remove)
	if got := w.pid("app"); got != pid || app.Exited() {
		t.Errorf("PID %d, want %d", got, pid)
	}
	if err := os.RemoveAll(w.file("state.json")); err != nil {
		t.Fatal(err)
	}
	w.killBoth(w.ping())
	w.must("start", "--name", "last", play, "sleep")
	if got := w.pid("app"); got != pid || app.Exited() {
		t.Errorf("PID %d after both died, want %d", got, pid)
	}
	w.consistent()
}

// Both processes have died and the state file is gone: commands that end
// programs find them all the same.
func TestStateFileRemovedMeetsAStop(t *testing.T) {
	for _, args := range [][]string{{"stop", "app"}, {"kill"}, {"delete", "all"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			w, app := spoiled(t)
			w.killBoth(w.ping())
			if err := os.Remove(w.file("state.json")); err != nil {
				t.Fatal(err)
			}
			w.must(args...)
			if !app.Exited() {
				t.Errorf("the app runs on:\n%s", w.show())
			}
			w.pairGone()
		})
	}
}
