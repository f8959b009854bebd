//go:build unix

package boot

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/shim"
	"forever/internal/sock"
	"forever/internal/wire"
	"forever/pidfile"
)

// posix is a shim.System with which this system can play Windows.
type posix struct{}

type posixProcess struct {
	*proc.Handle
	pid   int
	start uint64
	child *os.Process // nil: adopted
}

func (posix) Start(p *wire.Plan, files [3]*os.File) (shim.Process, error) {
	child, err := os.StartProcess(p.File, p.Argv, &os.ProcAttr{
		Dir: p.Dir, Env: p.Env, Files: files[:], Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, err
	}
	id, err := pidfile.Identify(child.Pid)
	if err != nil {
		return nil, err
	}
	h, err := posix{}.Open(id.PID, id.Start)
	if err != nil {
		return nil, err
	}
	p2 := h.(*posixProcess)
	p2.child = child
	return p2, nil
}

func (posix) Open(pid int, start uint64) (shim.Process, error) {
	h, err := proc.Open(pid, start)
	if err != nil {
		return nil, err
	}
	return &posixProcess{Handle: h, pid: pid, start: start}, nil
}

func (p *posixProcess) ID() (int, uint64) { return p.pid, p.start }

func (p *posixProcess) Wait() (e wire.ShimExit) {
	if p.child == nil {
		_ = p.Handle.Wait(context.Background())
		return e
	}
	state, err := p.child.Wait()
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && err == nil {
		e.Status, e.Known = uint32(ws), true
	}
	return e
}

func (p *posixProcess) Signal(sig syscall.Signal, group bool) error {
	if group {
		return p.SignalGroup(sig)
	}
	return p.Handle.Signal(sig)
}

// TestSingleProcess is no test but the life of the background process of the
// tests below.
func TestSingleProcess(t *testing.T) {
	root := os.Getenv("TEST_SINGLE_ROOT")
	if root == "" {
		return
	}
	if err := runSingle(root, "test", shim.NewHolder(posix{})); err != nil {
		t.Fatal(err)
	}
}

// lonely is a root whose background process is a single.
type lonely struct {
	*client.Client
	root string
	last *exec.Cmd      // the background process that was started last
	live sync.WaitGroup // all that were started
}

func newLonely(t *testing.T) *lonely {
	l := &lonely{root: t.TempDir()}
	if err := os.Chmod(l.root, 0o700); err != nil {
		t.Fatal(err)
	}
	l.Client = client.New(l.root)
	l.Starter = l.begin
	t.Cleanup(func() {
		at := int64(0)
		if err := l.Kill(context.Background(), &at, func(wire.Event) {}); err != nil {
			t.Error(err)
		}
		l.live.Wait()
	})
	return l
}

// begin does as client does on Windows.
func (l *lonely) begin(ctx context.Context, root string) error {
	cmd := exec.Command(os.Args[0], "-test.run=^TestSingleProcess$")
	// The race detector would wait a second before each exit.
	cmd.Env = append(os.Environ(), "TEST_SINGLE_ROOT="+root, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	l.live.Go(func() { ended <- cmd.Wait() })
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := sock.Dial(ctx, root); err == nil {
			l.last = cmd
			return conn.Close()
		}
		select {
		case <-tick.C:
		case err := <-ended:
			if err != nil {
				return err
			}
			return client.ErrLocked
		}
	}
}

// results runs a call and returns its results, one line each.
func results(t *testing.T, call func(on func(wire.Event)) error) (lines string) {
	t.Helper()
	err := call(func(e wire.Event) {
		switch {
		case e.Type != wire.EventResult:
		case e.Err != nil:
			lines += e.App + " " + e.Err.Message + "\n"
		default:
			lines += e.App + " " + e.Did + "\n"
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func (l *lonely) start(t *testing.T, name, script string) string {
	t.Helper()
	return results(t, func(on func(wire.Event)) error {
		return l.Start(t.Context(), wire.StartRequest{Specs: []wire.Spec{{
			Name: name, Script: "/bin/sh", Args: []string{"-c", script}, Cwd: "/", Env: os.Environ(), Umask: -1,
			Policy: wire.Policy{Restart: wire.RestartNever}, Stop: wire.Stop{TimeoutMS: 5000},
		}}}, nil, on)
	})
}

func (l *lonely) act(t *testing.T, action string, targets ...string) string {
	t.Helper()
	return results(t, func(on func(wire.Event)) error {
		return l.Act(t.Context(), action, wire.TargetRequest{Targets: targets}, on)
	})
}

// only is the one instance there is, and whether a supervisor told of it.
func (l *lonely) only(t *testing.T) (in wire.Instance, live bool) {
	t.Helper()
	apps, live, err := l.Apps(t.Context(), client.Query{})
	if err != nil || len(apps) != 1 || len(apps[0].Instances) != 1 {
		t.Fatalf("apps: %+v, %v", apps, err)
	}
	return apps[0].Instances[0], live
}

const talker = `echo hello; exec sleep 1000`

func TestSingleLife(t *testing.T) {
	l := newLonely(t)
	if got := l.start(t, "web", talker); got != "web started\n" {
		t.Fatalf("start: %q", got)
	}
	first, live := l.only(t)
	if !live || first.Status != wire.Online || first.PID == 0 {
		t.Fatalf("list: %+v, live %v", first, live)
	}
	if got := l.act(t, "restart", "web"); got != "web restarted\n" {
		t.Errorf("restart: %q", got)
	}
	if second, _ := l.only(t); second.PID == first.PID || second.Status != wire.Online {
		t.Errorf("after the restart: %+v", second)
	}
	update := results(t, func(on func(wire.Event)) error { return l.Update(t.Context(), "/bin/true", on) })
	if !strings.Contains(update, "update: it is not available here") {
		t.Errorf("update: %q", update)
	}
	if got := l.act(t, "stop", "all"); got != "web stopped\n" {
		t.Errorf("stop: %q", got)
	}
	l.live.Wait() // nothing runs: it ends by itself
	in, live := l.only(t)
	if live || in.Status != wire.Stopped || in.PID != 0 || in.LastExit == nil || in.LastExit.Signal != "SIGTERM" {
		t.Errorf("in the state file: %+v, live %v", in, live)
	}
	text, err := os.ReadFile(filepath.Join(l.root, "logs", "web-out.log"))
	if err != nil || string(text) != "hello\nhello\n" {
		t.Errorf("log: %q, %v", text, err)
	}
	if _, err := os.Lstat(sock.Path(l.root)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the control socket is left behind: %v", err)
	}
}

func TestSingleCannotBeExecuted(t *testing.T) {
	l := newLonely(t)
	got := results(t, func(on func(wire.Event)) error {
		return l.Start(t.Context(), wire.StartRequest{Specs: []wire.Spec{{Name: "web", Script: "/no/such", Cwd: "/"}}}, nil, on)
	})
	if !strings.Contains(got, "could not be executed: /no/such is not there any more") {
		t.Errorf("start: %q", got)
	}
}

// A supervisor that dies leaves its programs running, and the next one goes on
// with them.
func TestSingleAdopts(t *testing.T) {
	l := newLonely(t)
	l.start(t, "web", `exec sleep 1000`)
	before, _ := l.only(t)
	if err := l.last.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.live.Wait()
	if in, live := l.only(t); live || in.PID != before.PID {
		t.Fatalf("without a supervisor: %+v, live %v", in, live)
	}
	if got := l.act(t, "reset", "web"); got != "web reset\n" {
		t.Errorf("reset: %q", got)
	}
	if in, live := l.only(t); !live || in.PID != before.PID || in.Status != wire.Online {
		t.Errorf("adopted: %+v, live %v", in, live)
	}
	if got := l.act(t, "stop", "web"); got != "web stopped\n" {
		t.Errorf("stop: %q", got)
	}
}

func TestSingleLeavesATakenRootAlone(t *testing.T) {
	root := t.TempDir()
	lock, err := pidfile.TryLock(filepath.Join(root, shim.LockFile))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := runSingle(root, "test", shim.NewHolder(posix{})); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(sock.Path(root)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it listens: %v", err)
	}
}

// Each command finds no background process, starts one, and is answered before
// that one ends.
func TestSingleComesAndGoes(t *testing.T) {
	l := newLonely(t)
	for range 10 {
		if got := l.start(t, "web", talker); got != "web started\n" {
			t.Errorf("start: %q", got)
		}
		if got := l.act(t, "delete", "web"); got != "web deleted\n" {
			t.Errorf("delete: %q", got)
		}
		l.live.Wait()
	}
}
