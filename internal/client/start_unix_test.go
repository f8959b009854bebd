//go:build unix

package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"forever/internal/api"
	"forever/internal/proc"
	"forever/internal/sock"
	"forever/internal/wire"
	"forever/pidfile"
)

// playEnv tells this test binary what kind of shim to play.
const playEnv = "FOREVER_TEST_PLAY"

// play makes the shims of this test play part.
func play(t *testing.T, part string) {
	t.Setenv(playEnv, part)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector waits a second by default
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "__shim" {
		os.Exit(playShim(os.Args[2]))
	}
	os.Exit(m.Run())
}

// playShim is the shim's side of the start.
func playShim(root string) int {
	say := os.NewFile(3, "say")
	switch os.Getenv(playEnv) {
	case "error":
		fmt.Fprintln(say, "error: the moon is full")
	case "locked":
		fmt.Fprintln(say, "locked")
	case "die":
		for i := range 20 {
			fmt.Fprintln(os.Stderr, "words", i)
		}
		return 3
	case "mumble":
		fmt.Fprint(say, "o")
	case "hang":
		return hang(root, say)
	case "serve":
		if err := playSupervisor(root, say); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// hang mumbles until the client has closed its end, and holds the fifo of the
// root open so long.
func hang(root string, say *os.File) int {
	fifo, err := os.OpenFile(filepath.Join(root, "fifo"), os.O_WRONLY, 0)
	if err != nil {
		return 1
	}
	defer fifo.Close()
	for err == nil {
		_, err = say.WriteString("m")
	}
	return 0
}

// playSupervisor serves root until it is killed by a call.
func playSupervisor(root string, say *os.File) error {
	ln, err := sock.Listen(root)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b := &fake{do: func(_ context.Context, call string, emit func(wire.Event)) {
		if call == "kill" {
			emit(wire.Event{Type: wire.EventDone})
			cancel()
			return
		}
		emit(did(detached(), call))
	}}
	fmt.Fprintln(say, "ok")
	say.Close()
	return errors.Join(api.Serve(ctx, ln, b), sock.Remove(root))
}

// detached tells what of the caller's terminal and folder is left.
func detached() string {
	cwd, err := os.Getwd()
	if err != nil || cwd != "/" {
		return "in " + cwd
	}
	if sid, _, _ := syscall.Syscall(syscall.SYS_GETSID, 0, 0, 0); int(sid) != os.Getpid() {
		return "in the caller's session"
	}
	return "detached"
}

func TestDefaultStarter(t *testing.T) {
	play(t, "serve")
	root := filepath.Join(t.TempDir(), "deep", "root")
	c := New(root)
	on, got := collect()
	if err := c.Start(bounded(t), wire.StartRequest{Specs: make([]wire.Spec, 1)}, nil, on); err != nil {
		t.Fatal(err)
	}
	if len(*got) != 1 || (*got)[0].App != "detached" {
		t.Errorf("told %+v", *got)
	}
	shim := shimOf(t, c)
	if err := c.Kill(bounded(t), nil, on); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, shim)
	info, err := os.Stat(filepath.Join(root, logName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("log: %v, %v", info, err)
	}
	if info, err := os.Stat(root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("root: %v, %v", info, err)
	}
}

// shimOf is the process that serves c.
func shimOf(t *testing.T, c *Client) pidfile.Process {
	t.Helper()
	ping, err := c.Ping(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := pidfile.Identify(ping.SupervisorPID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestStarterSpeaks(t *testing.T) {
	for part, want := range map[string]string{
		"error":  "the moon is full",
		"die":    "exit code 3\nwords 15\nwords 16\nwords 17\nwords 18\nwords 19",
		"mumble": "ended at once",
	} {
		play(t, part)
		c := New(filepath.Join(t.TempDir(), "root"))
		err := c.Start(bounded(t), wire.StartRequest{}, nil, func(wire.Event) {})
		var e *wire.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v", part, err)
		}
		if part == "mumble" && !strings.Contains(e.Hint, logName) {
			t.Errorf("%s: hint %q", part, e.Hint)
		}
	}
	play(t, "locked")
	if err := New(t.TempDir()).startPair(bounded(t)); err == nil {
		t.Error("locked, in a root that is too open, passes")
	}
	if err := New(filepath.Join(t.TempDir(), "root")).startPair(bounded(t)); err != ErrLocked {
		t.Errorf("locked: %v", err)
	}
}

func TestStarterIsCancelled(t *testing.T) {
	play(t, "hang")
	root := filepath.Join(t.TempDir(), "root")
	fifo := filepath.Join(root, "fifo")
	if err := errors.Join(os.Mkdir(root, 0o700), syscall.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(bounded(t))
	cancel()
	if err := New(root).startPair(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(fifo); err != nil { // until the shim has ended
		t.Error(err)
	}
}

// awaitEnd waits until p is gone.
func awaitEnd(t *testing.T, p pidfile.Process) {
	t.Helper()
	h, err := proc.Open(p.PID, p.Start)
	if errors.Is(err, os.ErrProcessDone) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Wait(bounded(t)); err != nil {
		t.Error(err)
	}
}

func TestUnsafeRootsAndLogs(t *testing.T) {
	play(t, "die")
	open := filepath.Join(t.TempDir(), "open")
	linked, piped := filepath.Join(t.TempDir(), "linked"), filepath.Join(t.TempDir(), "piped")
	err := errors.Join(
		os.MkdirAll(filepath.Join(open, "pids"), 0o700), os.Chmod(open, 0o777), os.Mkdir(linked, 0o700), os.Mkdir(piped, 0o700),
		os.Symlink("/dev/null", filepath.Join(linked, logName)),
		syscall.Mkfifo(filepath.Join(piped, logName), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	for root, want := range map[string]string{open: "chmod 700", linked: "symbolic link", piped: "not a regular file"} {
		if err := New(root).startPair(bounded(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", root, err)
		}
	}
}
