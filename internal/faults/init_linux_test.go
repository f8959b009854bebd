package faults

import (
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"forever/internal/need"
)

// container is a `forever run` that is PID 1 of its own.
type container struct {
	w    *world
	cmd  *exec.Cmd // unshare, which waits for it
	out  bytes.Buffer
	done chan struct{}
}

// contain runs a command line as PID 1, in a process namespace of its own. It
// is ended with the test.
func (w *world) contain(args ...string) *container {
	w.t.Helper()
	need.Root(w.t)
	unshare := need.Command(w.t, "unshare")
	c := &container{w: w, done: make(chan struct{})}
	c.cmd = w.command()
	// unshare ignores SIGTERM while it waits; with --kill-child its own death is the end of all.
	c.cmd.Path = unshare
	c.cmd.Args = append([]string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL", w.exe}, args...)
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	if err := c.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // how it ended is in its state
	}()
	w.t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
	})
	return c
}

// init is the PID, as seen from here, of the container's first process.
func (c *container) init() int {
	c.w.t.Helper()
	for _, e := range c.w.all() {
		if e.PPID == c.cmd.Process.Pid {
			return e.PID
		}
	}
	c.w.t.Fatalf("no PID 1:\n%s", c.w.show())
	return 0
}

// code waits for the end and returns the exit code.
func (c *container) code() int {
	c.w.t.Helper()
	select {
	case <-c.done:
		return c.cmd.ProcessState.ExitCode()
	case <-c.w.ctx.Done():
		c.w.t.Fatalf("the container does not end:\n%s\n%s", c.out.String(), c.w.show())
		return 0
	}
}

// left fails if a process has outlived the container, or died with it only
// because the kernel kills what is left in a namespace.
func (c *container) over() {
	c.w.t.Helper()
	if left := c.w.all(); len(left) > 0 {
		c.w.t.Errorf("left: %v", left)
	}
}

func TestPID1HandsTheExitCodeOver(t *testing.T) {
	w := newWorld(t)
	c := w.contain("run", "--no-autorestart", "/bin/sh", "-c", "echo out; exit 42")
	if code := c.code(); code != 42 || !strings.Contains(c.out.String(), "out\n") {
		t.Errorf("exit code %d\n%s", code, c.out.String())
	}
	c.over()
}

// SIGTERM stops the program and what it has left behind, within the kill timeout.
func TestPID1EndsAllOnSIGTERM(t *testing.T) {
	w := newWorld(t)
	c := w.contain("run", "--kill-timeout", "300", play, "tree", "child:stubborn", "session:stubborn", "orphan:sleep")
	w.expect("tree", 1)
	w.expect("stubborn", 2)
	w.expect("sleep", 1)
	if err := syscall.Kill(c.init(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := c.code(); code != 128+int(syscall.SIGTERM) {
		t.Errorf("exit code %d, want that of a death by SIGTERM\n%s", code, c.out.String())
	}
	c.over()
}

// Orphans come to PID 1 and are reaped: none stays as a zombie.
func TestPID1ReapsOrphans(t *testing.T) {
	w := newWorld(t)
	// Each subshell leaves an orphan that ends at once. The shell waits until
	// there are as few processes, zombies among them, as before.
	const script = `count() { set -- /proc/[0-9]*; echo $#; }
before=$(count)
for i in 1 2 3 4 5; do ( setsid true & ); done
for i in $(seq 600); do
	[ "$(count)" -gt "$before" ] || exit 0
	sleep 0.1
done
grep -H '^State' /proc/[0-9]*/status
exit 1`
	c := w.contain("run", "--no-autorestart", "/bin/sh", "-c", script)
	if code := c.code(); code != 0 {
		t.Errorf("exit code %d\n%s", code, c.out.String())
	}
	c.over()
}

// A container that was killed, and so nothing in it could say farewell, is
// started again with the files it had.
func TestPID1AfterItWasKilled(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		c := w.contain("run", "--name", "app", play, "sleep")
		w.expect("sleep", 1)
		if err := syscall.Kill(c.init(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		c.code()
		c.over()
	}
	c := w.contain("run", "--name", "app", "--no-autorestart", "/bin/sh", "-c", "exit 42")
	if code := c.code(); code != 42 {
		t.Errorf("exit code %d\n%s", code, c.out.String())
	}
	c.over()
}
