//go:build unix

package supervisor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// pidIn is the number in a pid file; 0: there is no file.
func pidIn(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// The pid file holds the program's PID while it runs, and only then.
func TestPidFile(t *testing.T) {
	for _, chosen := range []string{"", filepath.Join(t.TempDir(), "deep", "web.pid")} {
		w := runningWorld(t)
		sp := spec("web")
		sp.PidFile = chosen
		slot := w.up(sp)
		path := chosen
		if path == "" {
			path = filepath.Join(w.s.root, "pids", "web-0.pid")
		}
		if got := pidIn(t, path); got != w.look("web").PID {
			t.Errorf("%s has %d while %d runs", path, got, w.look("web").PID)
		}
		w.exits(slot, code(1), true)
		w.calm()
		if got := pidIn(t, path); got != 0 {
			t.Errorf("%s has %d in a backoff", path, got)
		}
		w.nextTry()
		w.calm()
		if got := pidIn(t, path); got != w.look("web").PID {
			t.Errorf("%s has %d after a restart, %d runs", path, got, w.look("web").PID)
		}
		stop := w.target(ActStop, "web")
		w.awaitCall("signal")
		w.exits(slot, signaled(syscall.SIGTERM), true)
		stop.ok()
		if got := pidIn(t, path); got != 0 {
			t.Errorf("%s has %d after a stop", path, got)
		}
	}
}

// A pid file that somebody else has written is theirs.
func TestPidFileOfAnother(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.PidFile = filepath.Join(t.TempDir(), "web.pid")
	slot := w.up(sp)
	if err := os.WriteFile(sp.PidFile, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.exits(slot, code(0), true)
	w.calm()
	if got := pidIn(t, sp.PidFile); got != 1 {
		t.Errorf("it has %d now", got)
	}
}

// A pid file that cannot be written is told of, and harms no program.
func TestPidFileThatCannotBe(t *testing.T) {
	w := runningWorld(t)
	sp := spec("web")
	sp.PidFile = filepath.Join(os.DevNull, "web.pid")
	w.up(sp)
	if note := w.look("web").Note; !strings.Contains(note, "pid file") {
		t.Errorf("note: %q", note)
	}
	if !strings.Contains(w.logged(), "pid file") {
		t.Errorf("log: %s", w.logged())
	}
}

func TestFilesOfEachInstance(t *testing.T) {
	w := runningWorld(t)
	sp := spec("a/b")
	sp.Instances = 2
	sp.Output.OutFile = "/logs/out.txt"
	w.start(sp).ok()
	w.do(func() {
		a := w.s.byName("a/b")
		out, errs := a.outPaths(1)
		if out != "/logs/out-1.txt" || errs != filepath.Join(w.s.root, "logs", "a_b-err-1.log") {
			t.Errorf("logs of the second: %s, %s", out, errs)
		}
		if got, want := a.pidPath(0), filepath.Join(w.s.root, "pids", "a_b-0.pid"); got != want {
			t.Errorf("pid file of the first: %s, want %s", got, want)
		}
		if got, want := a.pidPath(1), filepath.Join(w.s.root, "pids", "a_b-0-1.pid"); got != want {
			t.Errorf("pid file of the second: %s, want %s", got, want)
		}
	})
}

func TestTailFrom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	long := strings.Repeat("x", 100)
	many := strings.Repeat(long+"\n", 1000)
	for name, tt := range map[string]struct {
		text string
		from int64
		n    int
		want []string
	}{
		"nothing":            {"", 0, 3, nil},
		"nothing new":        {"old\n", 4, 3, nil},
		"only empty lines":   {"\n\n", 0, 3, nil},
		"all of it":          {"a\nb\n", 0, 3, []string{"a", "b"}},
		"the last":           {"a\nb\nc\nd\n", 0, 2, []string{"c", "d"}},
		"no newline at last": {"a\nb", 0, 3, []string{"a", "b"}},
		"what is new":        {"old\nnew\n", 4, 3, []string{"new"}},
		"empty lines within": {"a\n\nb\n", 0, 3, []string{"a", "", "b"}},
		"of very much":       {many + "end\n", 0, 2, []string{long, "end"}},
		"it became shorter":  {"a\n", 100, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := tailFrom(path, tt.from, tt.n)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	if _, err := tailFrom(path+"x", 0, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
