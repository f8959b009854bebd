//go:build unix

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/proc"
	"forever/pidfile"
)

func command(t *testing.T, line string, timeout time.Duration) Health {
	t.Helper()
	return Health{Kind: KindExec, Command: line, Timeout: timeout, Interval: time.Second, Retries: 1}
}

func TestExec(t *testing.T) {
	env := []string{"NAME=value", "PATH=" + os.Getenv("PATH")}
	for line, want := range map[string]string{
		"true":                         "",
		"echo it is all right; exit 0": "",
		"exit 3":                       "the check ended with exit code 3",
		"echo no disk; echo sorry >&2; echo; exit 1": "the check ended with exit code 1: sorry",
		"printf 'no end of line'; exit 1":            "the check ended with exit code 1: no end of line",
		`printf 'red \033[31m\377 text\n'; exit 1`:   "the check ended with exit code 1: red  [31m? text",
		"kill -9 $$":                         "the check was killed by SIGKILL",
		"no-such-command-at-all 2>/dev/null": "the check ended with exit code 127",
		`test "$NAME" = value`:               "",
		`test -z "$HOME"`:                    "",
		`test "$(pwd -P)" = "$WHERE"`:        "",
		"test -t 0 || read line || exit 0":   "",
		"head -c 300000 /dev/zero | tr '\\0' x; echo; echo end; exit 1": "the check ended with exit code 1: end",
		"head -c 5000 /dev/zero | tr '\\0' x; exit 1":                   "the check ended with exit code 1: " + strings.Repeat("x", 200) + "…",
	} {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		err = command(t, line, patience).Check(t.Context(), Subject{Env: append(env, "WHERE="+dir), Dir: dir})
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestExecThatCannotStart(t *testing.T) {
	err := command(t, "true", patience).Check(t.Context(), Subject{Dir: filepath.Join(t.TempDir(), "missing")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// fifo is a pipe with a name, for a process to say its PID on.
func fifo(t *testing.T) (path string, next func() int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pids")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return path, func() int {
		t.Helper()
		if err := f.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		var line []byte
		for b := make([]byte, 1); ; line = append(line, b[0]) {
			if _, err := f.Read(b); err != nil {
				t.Fatal(err)
			}
			if b[0] == '\n' {
				break
			}
		}
		pid, err := strconv.Atoi(string(line))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
}

// hold opens a process, to see later whether this very one has ended.
func hold(t *testing.T, pid int) *proc.Handle {
	t.Helper()
	p, err := pidfile.Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	h, err := proc.Open(p.PID, p.Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Signal(syscall.SIGKILL)
		h.Close()
	})
	return h
}

func expectEnd(t *testing.T, h *proc.Handle) {
	t.Helper()
	if err := h.Wait(within(t)); err != nil {
		t.Error(err)
	}
}

// At the timeout the whole group goes, and what it said last is told.
func TestExecTimeout(t *testing.T) {
	path, next := fifo(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() {
		line := "trap '' TERM; echo waiting for the database; sleep 1000 & echo $! >" + path + "; echo $$ >" + path + "; wait"
		result <- command(t, line, time.Hour).Check(ctx, Subject{Env: os.Environ()})
	}()
	sleeper, shell := hold(t, next()), hold(t, next())
	enough := errors.New("enough")
	cancel(enough)
	err := <-result
	if !errors.Is(err, enough) || !strings.HasSuffix(err.Error(), ": waiting for the database") {
		t.Errorf("%v", err)
	}
	expectEnd(t, sleeper)
	expectEnd(t, shell)

	err = command(t, "sleep 1000", 20*time.Millisecond).Check(t.Context(), Subject{Env: os.Environ()})
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "the check has not ended: it takes longer than 20ms" {
		t.Errorf("%v", err)
	}
}

// A check is over when its command has ended, whoever still holds its output.
func TestExecLeavesNobody(t *testing.T) {
	path, next := fifo(t)
	line := "sleep 1000 & echo $! >" + path + "; echo fine"
	if err := command(t, line, patience).Check(t.Context(), Subject{Env: os.Environ()}); err != nil {
		t.Error(err)
	}
	expectGone(t, next())
}

// expectGone waits for the end of a process that may have been reaped already.
func expectGone(t *testing.T, pid int) {
	t.Helper()
	p, err := pidfile.Identify(pid)
	if errors.Is(err, os.ErrProcessDone) {
		return
	}
	h, err := proc.Open(pid, p.Start)
	if err == nil {
		defer h.Close()
		err = h.Wait(within(t))
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// A process that left the session may hold the output for as long as it likes.
func TestExecWithAnEscape(t *testing.T) {
	path, next := fifo(t)
	line := roleVar + `=escape exec "$SELF" ` + path
	if err := command(t, line, patience).Check(t.Context(), Subject{Env: append(os.Environ(), "SELF="+self(t))}); err != nil {
		t.Error(err)
	}
	hold(t, next()) // and end it
}

func TestExecKeepsNoDescriptor(t *testing.T) {
	check := command(t, "echo x; exit 1", patience)
	check.Check(t.Context(), Subject{Env: os.Environ()}) // so that the runtime's own poller is open
	before := descriptors(t)
	for range 5 {
		check.Check(t.Context(), Subject{Env: os.Environ()})
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// descriptors counts our open descriptors, as far as that is to be had.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

// A check looks with the eyes of the program's user, and with no more.
func TestExecAsAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root may choose who a command runs as")
	}
	const nobody = 65534
	subject := Subject{Env: os.Environ(), Dir: "/", User: &User{UID: nobody, GID: nobody, Groups: []int{nobody}}}
	line := `echo $(id -u) $(id -g) $(id -G); exit 1`
	err := command(t, line, patience).Check(t.Context(), subject)
	if err == nil || !strings.HasSuffix(err.Error(), ": 65534 65534 65534") {
		t.Errorf("it ran as %v", err)
	}
}
