package faults

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// all is every process of the world that lives: by its environment, or by an
// argument that names the root.
func (w *world) all() []proc.Entry {
	w.t.Helper()
	table, err := proc.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	var found []proc.Entry
	for e := range table.All() {
		if e.PID != os.Getpid() && !e.Ended() && w.owns(e.PID) {
			found = append(found, e)
		}
	}
	return found
}

// owns says whether a process is of this world. One that has ended is not.
func (w *world) owns(pid int) bool {
	mark := rootEnv + "=" + w.root
	if env, err := proc.Environ(pid); err == nil && slices.Contains(env, mark) {
		return true
	}
	args := argv(pid)
	return slices.Contains(args, w.root) || slices.Contains(args, mark)
}

// argv is the command line of a process; nothing for one that has ended.
func argv(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	return strings.Split(string(bytes.TrimSuffix(text, []byte{0})), "\x00")
}

// show lists the processes of the world for a person.
func (w *world) show() string {
	var b strings.Builder
	for _, e := range w.all() {
		fmt.Fprintf(&b, "%d ppid %d sid %d %c %s %q\n", e.PID, e.PPID, e.SID, e.State, e.Comm, argv(e.PID))
	}
	return b.String()
}

// ours are the processes of forever itself: role "__supervisor" or the shim's
// two. Between fork and exec a child looks like its parent; see settled.
func (w *world) ours(roles ...string) []proc.Entry {
	w.t.Helper()
	return slices.DeleteFunc(w.all(), func(e proc.Entry) bool {
		args := argv(e.PID)
		return len(args) < 2 || !slices.Contains(roles, args[1])
	})
}

func (w *world) supervisors() []proc.Entry { return w.ours("__supervisor") }
func (w *world) shims() []proc.Entry       { return w.ours("__shim", "__adopt") }

// hold opens a process that is known to live.
func (w *world) hold(pid int) *proc.Handle {
	w.t.Helper()
	id, err := pidfile.Identify(pid)
	if err != nil {
		w.t.Fatalf("hold process %d: %v", pid, err)
	}
	h, err := proc.Open(pid, id.Start)
	if err != nil {
		w.t.Fatalf("hold process %d: %v", pid, err)
	}
	w.t.Cleanup(func() { h.Close() })
	return h
}

// halt stops a process and returns when none of its threads runs any more:
// SIGSTOP reaches them one by one.
func (w *world) halt(pid int) *proc.Handle {
	w.t.Helper()
	h := w.hold(pid)
	if err := h.Signal(syscall.SIGSTOP); err != nil {
		w.t.Fatal(err)
	}
	for !halted(pid) {
		if w.ctx.Err() != nil || h.Exited() {
			w.t.Fatalf("process %d does not halt\n%s", pid, w.show())
		}
		runtime.Gosched()
	}
	return h
}

// halted looks at each thread for the T of proc_pid_stat(5).
func halted(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if _, state, _ := strings.Cut(string(text), ") "); err != nil || !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return len(threads) > 0
}

// kill sends SIGKILL and waits for the end.
func (w *world) kill(pids ...int) {
	w.t.Helper()
	var handles []*proc.Handle
	for _, pid := range pids {
		handles = append(handles, w.hold(pid))
	}
	for i, h := range handles {
		if err := h.Signal(syscall.SIGKILL); err != nil {
			w.t.Fatalf("kill %d: %v", pids[i], err)
		}
	}
	for _, h := range handles {
		w.gone(h)
	}
}

// gone waits until a process has ended.
func (w *world) gone(h *proc.Handle) {
	w.t.Helper()
	if err := h.Wait(w.ctx); err != nil {
		w.t.Fatalf("wait for the end of a process: %v\n%s", err, w.show())
	}
}

// killBoth kills supervisor and shim in one moment: both are stopped before
// either can see the other die.
func (w *world) killBoth(p wire.Ping) {
	w.t.Helper()
	w.halt(p.SupervisorPID)
	w.halt(p.ShimPID)
	w.kill(p.SupervisorPID, p.ShimPID)
}

// pairGone waits until both processes of forever have ended by themselves.
func (w *world) pairGone() {
	w.t.Helper()
	for _, e := range append(w.supervisors(), w.shims()...) {
		h, err := proc.Open(e.PID, e.Start)
		if err != nil {
			continue // gone since
		}
		w.gone(h)
		h.Close()
	}
	if left := append(w.supervisors(), w.shims()...); len(left) > 0 {
		w.t.Fatalf("forever's processes stay:\n%s", w.show())
	}
}

// lives fails unless each process is still the one it was.
func (w *world) lives(handles map[string]*proc.Handle) {
	w.t.Helper()
	for name, h := range handles {
		if h.Exited() {
			w.t.Errorf("the process of %s has ended", name)
		}
	}
}
