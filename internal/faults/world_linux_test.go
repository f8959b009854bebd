package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
	"forever/supervisor"
)

const (
	rootEnv = "FOREVER_ROOT"
	// patience bounds every wait. Nothing is expected to take so long; it is
	// for a machine that does much else.
	patience = 60 * time.Second
)

// world is one root of forever with all that runs under it.
type world struct {
	t      testing.TB
	ctx    context.Context // ends with the patience of the test
	dir    string          // of the test, with the root in it
	root   string
	exe    string // the binary of its commands
	victim string // of eachVictim
	client *client.Client

	hellos *bufio.Reader // of the pipe that programs say hello to
	pipe   *os.File
	said   map[string][]int // hellos that nobody has asked for yet
}

// newWorld makes a root of its own for a test. Whatever runs under it is ended
// with the test.
func newWorld(t testing.TB) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "fv")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return newWorldIn(t, dir)
}

// newWorldIn is newWorld in a folder that the caller removes.
func newWorldIn(t testing.TB, dir string) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	root := filepath.Join(dir, "r")
	w := &world{t: t, ctx: ctx, dir: dir, root: root, exe: forever, client: client.New(root), said: map[string][]int{}}
	path := filepath.Join(dir, "hello")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.pipe, err = os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0); err != nil {
		t.Fatal(err)
	}
	w.hellos = bufio.NewReader(w.pipe)
	t.Cleanup(func() {
		w.end()
		w.pipe.Close()
		cancel()
	})
	return w
}

// end kills all that is left of the world, and makes sure of it.
func (w *world) end() {
	w.t.Helper()
	if w.t.Failed() {
		w.t.Logf("the processes:\n%s", w.show())
		w.t.Logf("supervisor.log:\n%s", w.log())
		w.t.Log(w.list())
		w.t.Logf("state.json: %.8000s", w.stateText())
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for left := w.all(); len(left) > 0 || w.locked(); left = w.all() {
		_ = proc.SignalAll(left, syscall.SIGKILL) // who is left is seen at the next look
		if err := errors.Join(proc.WaitGone(ctx, left), ctx.Err()); err != nil {
			w.t.Errorf("a process of the test is left: %v", err)
			return
		}
	}
	w.removeGroups()
}

// locked says whether somebody holds the root. A process in the middle of
// execve shows neither environment nor arguments, but it keeps its lock.
func (w *world) locked() bool {
	lock, err := pidfile.TryLock(w.file("forever.lock"))
	if err == nil {
		lock.Close()
	}
	return errors.Is(err, pidfile.ErrLocked)
}

// removeGroups removes the control groups of this root.
func (w *world) removeGroups() {
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/forever-" + supervisor.GroupsName(w.root))
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.IsDir() {
				removeGroup(filepath.Join(dir, e.Name()))
			}
		}
		removeGroup(dir)
	}
}

// removeGroup removes one. A process that has ended is in it until PID 1 has
// reaped it; where that takes its time an empty folder stays.
func removeGroup(dir string) {
	events, err := os.Open(filepath.Join(dir, "cgroup.events"))
	if err != nil {
		return
	}
	defer events.Close()
	for errors.Is(unix.Rmdir(dir), unix.EBUSY) {
		// Each change of the file is an event (cgroups(7)).
		fds := []unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}
		if n, err := unix.Poll(fds, 2000); n == 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(events, 0, 1<<10)); err != nil {
			return
		}
	}
}

// list is what a person would see; nothing fails with it.
func (w *world) list() string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.exe, "list")
	cmd.Env = w.environ()
	out, err := cmd.CombinedOutput()
	return fmt.Sprintf("list (%v):\n%s", err, out)
}

// environ is the environment of a command: nothing of a forever around us.
func (w *world) environ() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "FOREVER_") || strings.HasPrefix(kv, "FOREVER_CI_RUN=") {
			env = append(env, kv)
		}
	}
	return append(env, rootEnv+"="+w.root, helloEnv+"="+filepath.Join(w.dir, "hello"))
}

// answer is what a command said.
type answer struct {
	args     []string
	out, err string
	code     int
}

func (a answer) String() string {
	return fmt.Sprintf("forever %s: exit code %d\n%s%s", strings.Join(a.args, " "), a.code, a.out, a.err)
}

// run runs a command to its end.
func (w *world) run(args ...string) answer {
	w.t.Helper()
	return w.runAs(w.command(args...))
}

func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.ctx, w.exe, args...)
	cmd.Env = w.environ()
	cmd.Dir = w.dir
	return cmd
}

func (w *world) runAs(cmd *exec.Cmd) answer {
	w.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	err := cmd.Run()
	if took := time.Since(began); took > 5*time.Second {
		w.t.Logf("%v: took %v", cmd.Args[1:], took) // no failure, but worth a look
	}
	if w.ctx.Err() != nil {
		w.t.Fatalf("%s: does not answer: %v\n%s%s", strings.Join(cmd.Args, " "), err, out.String(), errs.String())
	}
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		w.t.Fatal(err)
	}
	return answer{cmd.Args[1:], out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed.
func (w *world) must(args ...string) answer {
	w.t.Helper()
	a := w.run(args...)
	if a.code != 0 {
		w.t.Fatal(a)
	}
	return a
}

// start starts a role of this binary as the app name and returns its first PID.
func (w *world) start(name string, options []string, role ...string) int {
	w.t.Helper()
	args := append([]string{"start", "--name", name}, options...)
	w.must(append(append(args, play), role...)...)
	return w.pid(name)
}

// apps asks the supervisor for its list.
func (w *world) apps() []wire.App {
	w.t.Helper()
	apps, live, err := w.client.Apps(w.ctx, client.Query{Spec: true})
	if err != nil {
		w.t.Fatalf("list: %v", err)
	}
	if !live {
		w.t.Fatal("no supervisor is there to list the apps")
	}
	return apps
}

// instance is the first instance of an app.
func (w *world) instance(name string) wire.Instance {
	w.t.Helper()
	for _, a := range w.apps() {
		if a.Name == name {
			return a.Instances[0]
		}
	}
	w.t.Fatalf("no app %q", name)
	return wire.Instance{}
}

func (w *world) pid(name string) int {
	w.t.Helper()
	return w.instance(name).PID
}

func (w *world) ping() wire.Ping {
	w.t.Helper()
	p, err := w.client.Ping(w.ctx)
	if err != nil {
		w.t.Fatalf("ping: %v", err)
	}
	return p
}

// expect waits for n hellos of word and returns who said them.
func (w *world) expect(word string, n int) []int {
	w.t.Helper()
	if err := w.pipe.SetReadDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	for len(w.said[word]) < n {
		line, err := w.hellos.ReadString('\n')
		if err != nil {
			w.t.Fatalf("wait for %d of %q, have %v: %v", n, word, w.said, err)
		}
		who, pid, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, err := strconv.Atoi(pid)
		if err != nil {
			w.t.Fatalf("strange hello %q", line)
		}
		w.said[who] = append(w.said[who], number)
	}
	pids := w.said[word][:n]
	w.said[word] = w.said[word][n:]
	return pids
}

// log is what forever says about itself.
func (w *world) log() string {
	text, err := os.ReadFile(filepath.Join(w.root, "supervisor.log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// stateText is the state file without what the apps are.
func (w *world) stateText() string {
	text, err := os.ReadFile(w.file("state.json"))
	if err != nil {
		return err.Error()
	}
	return regexp.MustCompile(`"spec":{.*}|"boot_id":"[^"]*",?`).ReplaceAllString(string(text), "")
}

// file is a path in the root.
func (w *world) file(name string) string { return filepath.Join(w.root, name) }

// read is the content of a file in the root.
func (w *world) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(w.file(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// apps reads what list --json has said.
func (a answer) apps(w *world) (apps []wire.App) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(a.out), &apps); err != nil {
		w.t.Fatalf("%v\n%v", err, a)
	}
	return apps
}
