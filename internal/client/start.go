package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// ErrLocked is what a Starter says when another client's pair is about to
// serve the root: the call only has to try again.
var ErrLocked = errors.New("another forever is starting here")

const (
	// logName is where in the root the background processes write what goes
	// wrong with themselves.
	logName = "supervisor.log"
	// startTimeout bounds the start of a pair.
	startTimeout = 30 * time.Second
	// lastWords is how many bytes and lines of the log are shown of a shim
	// that died at once.
	lastWordsBytes, lastWordsLines = 4 << 10, 5
)

// shim is a shim that is being started.
type shim struct {
	cmd  *exec.Cmd
	log  *os.File
	from int64 // where in log its words begin
}

// startShim runs this program as the shim of root, detached, and returns when
// it listens.
func startShim(ctx context.Context, root string) error {
	if err := pidfile.CheckRoot(root, os.Geteuid()); err != nil {
		return &RootError{err}
	}
	exe, err := os.Executable()
	if err != nil {
		return lostProgram(err)
	}
	log, err := openLog(filepath.Join(root, logName))
	if err != nil {
		return fmt.Errorf("open supervisor's log: %w", err)
	}
	defer log.Close()
	s := &shim{cmd: exec.Command(exe, "__shim", root), log: log}
	s.cmd.Stdout, s.cmd.Stderr = log, log // stdin is the null device
	s.cmd.Env = ownEnvironment()
	if s.from, err = log.Seek(0, io.SeekEnd); err != nil {
		return fmt.Errorf("read supervisor's log: %w", err)
	}
	detach(s.cmd)
	return s.start(ctx, root)
}

// lostProgram is the error where the path of this program cannot be found: on Linux,
// where there is no /proc, without which processes cannot be looked at either.
func lostProgram(err error) error {
	e := &wire.Error{Code: wire.CodeInternal, Message: fmt.Sprintf("find forever's own program: %v", err)}
	if _, err := os.Stat("/proc/self"); runtime.GOOS == "linux" && err != nil {
		e.Hint = "forever cannot work without /proc; in a chroot: mount -t proc proc /proc"
	}
	return e
}

// ownEnvironment is ours without what marks the processes of an app: a pair
// that is started from inside one does not belong to it.
func ownEnvironment() []string {
	marks := []string{"FOREVER_ROOT", "FOREVER_UID", "FOREVER_INSTANCE", "FOREVER_SLOT", "FOREVER_APP", "FOREVER_ID"}
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(marks, name)
	})
}

// judge tells what the one line means that a shim says about its start.
func (s *shim) judge(line string, err error) error {
	word, ended := strings.CutSuffix(line, "\n")
	text, failed := strings.CutPrefix(word, "error: ")
	switch {
	case ended && word == "ok":
		return nil
	case ended && word == "locked":
		return ErrLocked
	case ended && failed:
		return &wire.Error{Code: wire.CodeInternal, Message: text}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("the background process is not ready after %v, see %s", startTimeout, s.log.Name())
	}
	return s.died()
}

// died says how the shim ended, with its last words.
func (s *shim) died() error {
	end := "it closed its side"
	if state := s.cmd.ProcessState; state != nil {
		end = ending(state)
	}
	e := &wire.Error{Code: wire.CodeInternal, Message: "the background process ended at once: " + end}
	if words := s.words(); words != "" {
		e.Message += "\n" + words
	} else {
		e.Hint = "see " + s.log.Name()
	}
	return e
}

// ending says how a process of ours has ended.
func ending(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "killed by " + proc.SignalName(status.Signal())
	}
	return fmt.Sprintf("exit code %d", state.ExitCode())
}

// words are the last lines that came to the log since the start.
func (s *shim) words() string {
	end, err := s.log.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	from := max(s.from, end-lastWordsBytes)
	text, err := io.ReadAll(io.NewSectionReader(s.log, from, end-from))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(len(lines)-lastWordsLines, 0):], "\n")
}
