package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/supervisor"
)

const (
	rootEnv = "FOREVER_ROOT"
	// patience bounds every wait. Nothing is expected to take so long.
	patience = 60 * time.Second
	// look is how often a server of a language that says nothing is asked.
	look = 5 * time.Millisecond
)

// world is one root of forever with all that runs under it.
type world struct {
	t    testing.TB
	ctx  context.Context
	dir  string // of the test, with the root in it
	root string
	jail []string // commands run as in a container, with these words before them; nil: as they are
}

// newWorld makes a root of its own for a test. Whatever runs under it is ended
// with the test.
func newWorld(t testing.TB) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "fc")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	w := &world{t: t, ctx: ctx, dir: dir, root: filepath.Join(dir, "r")}
	t.Cleanup(func() {
		w.end()
		cancel()
		os.RemoveAll(dir)
	})
	return w
}

// end kills all that is left of the world, and makes sure of it.
func (w *world) end() {
	w.t.Helper()
	if w.t.Failed() {
		w.t.Log(w.run("list"))
		w.t.Logf("supervisor.log:\n%s", w.read(filepath.Join(w.root, "supervisor.log")))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// One that is in the middle of execve(2) shows neither environment nor
	// arguments: nobody must be seen several times.
	for quiet := 0; quiet < 5; quiet++ {
		left := w.all()
		if len(left) == 0 {
			<-time.After(40 * time.Millisecond)
			continue
		}
		quiet = -1
		_ = proc.SignalAll(left, syscall.SIGKILL) // who is left is seen at the next look
		if err := proc.WaitGone(ctx, left); err != nil {
			w.t.Errorf("a process of the test is left: %v", err)
			return
		}
	}
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/forever-" + supervisor.GroupsName(w.root))
	for _, dir := range dirs {
		groups, _ := filepath.Glob(dir + "/*/")
		for _, group := range append(groups, dir) {
			_ = os.Remove(group) // a process that has just ended may hold it for a moment
		}
	}
}

// all is every process of the world that lives: by its environment, or by an
// argument that is the root, as forever's own have it.
func (w *world) all() (found []proc.Entry) {
	w.t.Helper()
	table, err := proc.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range proc.Marked(table, []string{rootEnv + "=" + w.root}) {
		found = append(found, m.Entry)
	}
	for e := range table.All() {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", e.PID))
		if err == nil && slices.Contains(strings.Split(string(line), "\x00"), w.root) {
			found = append(found, e)
		}
	}
	return found
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
	a, err := w.try(args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// try is run for another goroutine than the test's.
func (w *world) try(args ...string) (answer, error) {
	cmd := exec.CommandContext(w.ctx, forever, args...)
	if w.jail != nil {
		cmd = exec.CommandContext(w.ctx, "/proc/self/exe", append(slices.Concat(w.jail, []string{forever}), args...)...)
	}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "FOREVER_") || strings.HasPrefix(kv, "FOREVER_CI_RUN=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, rootEnv+"="+w.root)
	cmd.Dir = w.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && (w.ctx.Err() != nil || !errors.As(err, new(*exec.ExitError))) {
		return answer{}, fmt.Errorf("forever %v: %w\n%s%s", args, err, out.String(), errs.String())
	}
	return answer{args, out.String(), errs.String(), cmd.ProcessState.ExitCode()}, nil
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

// cluster starts n instances of a program as "web".
func (w *world) cluster(n int, options []string, program ...string) {
	w.t.Helper()
	w.must(append(append([]string{"start", "--name", "web", "-i", strconv.Itoa(n)}, options...), program...)...)
}

// web is the app as the supervisor knows it.
func (w *world) web() wire.App {
	w.t.Helper()
	apps, _, err := client.New(w.root).Apps(w.ctx, client.Query{})
	if err != nil || len(apps) == 0 {
		w.t.Fatalf("list: %d apps, %v", len(apps), err)
	}
	return apps[0]
}

// app is that of a name.
func (w *world) app(name string) wire.App {
	w.t.Helper()
	apps, _, err := client.New(w.root).Apps(w.ctx, client.Query{})
	i := slices.IndexFunc(apps, func(a wire.App) bool { return a.Name == name })
	if err != nil || i < 0 {
		w.t.Fatalf("list: no app %q among %d, %v", name, len(apps), err)
	}
	return apps[i]
}

// pids are the first processes of the instances.
func (w *world) pids() (pids []int) {
	w.t.Helper()
	for _, in := range w.web().Instances {
		pids = append(pids, in.PID)
	}
	return pids
}

func (w *world) ping() wire.Ping {
	w.t.Helper()
	p, err := client.New(w.root).Ping(w.ctx)
	if err != nil {
		w.t.Fatalf("ping: %v", err)
	}
	return p
}

func (w *world) kill(pid int) {
	w.t.Helper()
	if pid <= 1 {
		w.t.Fatalf("there is no process to kill (%d)", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		w.t.Fatal(err)
	}
}

// until asks again and again, since those who are asked say nothing by themselves.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	for !cond() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			w.t.Fatalf("%s did not come", what)
		}
	}
}

func (w *world) read(path string) string {
	w.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// file writes a file in the folder of the test.
func (w *world) file(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// testdata is the path of a program of ours.
func testdata(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// freePort is one that nobody listened on a moment ago, for both families. It is
// none of those that the kernel gives to clients, as it might any moment.
func freePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		if ln, err := net.Listen("tcp", ":"+port); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// everyInstanceAnswers waits until each of n instances has answered at address:
// itself, or a process below it.
func (w *world) everyInstanceAnswers(n int, address string) {
	w.t.Helper()
	seen := map[int]bool{}
	said := map[string]int{}
	defer func() {
		if w.t.Failed() {
			w.t.Logf("at %s: %v, of %v", address, said, w.pids())
		}
	}()
	w.until(fmt.Sprintf("an answer of each of %d instances at %s", n, address), func() bool {
		pid, err := ask(address)
		said[fmt.Sprint(pid, " ", err)]++
		if err != nil {
			return false // it does not listen yet
		}
		leaders := w.pids()
		for _, leader := range leaders {
			if below, err := proc.Session(leader); err == nil && slices.Contains(below, pid) {
				seen[leader] = true
			}
		}
		for leader := range seen {
			if !slices.Contains(leaders, leader) {
				delete(seen, leader) // it has been replaced meanwhile
			}
		}
		return len(seen) == n
	})
}
