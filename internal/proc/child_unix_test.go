//go:build unix

package proc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary plays the child: with roleVar in its environment it is not a
// test. A role is a path of steps, several of them joined by "+", such as
// "session/orphan/sleep.a+group/sleep.b"; what is behind a dot only makes it
// different from other roles. Each process says on descriptor 3 that it is there
// and lives until its stdin ends, so that none outlives the tests.
const roleVar = "PROC_TEST_ROLE"

// noGrace lets a child end at once; the race detector would wait for a second.
const noGrace = "GORACE=atexit_sleep_ms=0"

func init() {
	if os.Getenv(roleVar) == "headless" {
		runtime.LockOSThread() // keep main on the first thread
	}
}

func TestMain(m *testing.M) {
	role, ok := os.LookupEnv(roleVar)
	if !ok {
		if err := SetSubreaper(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	play(role)
}

func play(role string) {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if role == "code7" {
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		go func() { <-terminated; os.Exit(7) }()
	}
	fmt.Fprintf(os.NewFile(3, "report"), "%d %s\n", os.Getpid(), role)
	for branch := range strings.SplitSeq(role, "+") {
		step, rest, _ := strings.Cut(branch, "/")
		kind, _, _ := strings.Cut(step, ".")
		act(kind, rest)
	}
	select {}
}

func act(step, rest string) {
	switch step {
	case "sleep", "code7":
	case "exit":
		os.Exit(3)
	case "spin":
		go func() {
			for n := 0; ; n++ {
			}
		}()
	case "tick": // a thread looks at the clock and does nothing
		go tick()
	case "headless": // the first thread ends, the others go on
		exitThread()
	case "plain", "group", "session", "clear":
		go beget(step, rest).Wait()
	case "hoard": // never reaps
		beget(step, rest)
	case "orphan":
		beget(step, rest)
		os.Exit(0)
	default:
		panic(step)
	}
}

// beget starts a child in the way that the step says.
func beget(step, role string) *exec.Cmd {
	cmd := reexec(role, os.NewFile(3, "report"))
	cmd.Stdin = os.Stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: step == "group", Setsid: step == "session"}
	if step == "clear" {
		cmd.Env = []string{roleVar + "=" + role, noGrace}
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd
}

func reexec(role string, report *os.File) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role, noGrace)
	cmd.ExtraFiles = []*os.File{report}
	return cmd
}

// family is a child of the test and what descends from it.
type family struct {
	t     *testing.T
	cmd   *exec.Cmd
	bye   func()           // ends everybody's stdin
	roles map[string]Entry // by the role that it reported
	main  Entry
}

// start makes a child that leads a session and waits until everybody is there.
func start(t *testing.T, role string, env ...string) *family {
	t.Helper()
	return startWith(t, role, &syscall.SysProcAttr{Setsid: true}, env...)
}

func startWith(t *testing.T, role string, attr *syscall.SysProcAttr, env ...string) *family {
	t.Helper()
	report, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer report.Close()
	cmd := reexec(role, theirs)
	cmd.Env = append(cmd.Env, env...)
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	theirStdin, stdin, err := os.Pipe() // cmd.StdinPipe would be closed by cmd.Wait
	if err != nil {
		t.Fatal(err)
	}
	defer theirStdin.Close()
	cmd.Stdin = theirStdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	f := &family{t: t, cmd: cmd, bye: func() { stdin.Close() }, roles: make(map[string]Entry)}
	t.Cleanup(func() { f.bye(); f.bury() })
	f.listen(report, population(role))
	f.main = f.roles[role]
	return f
}

// population is how many processes a role makes.
func population(role string) int {
	n := 1
	for branch := range strings.SplitSeq(role, "+") {
		n += strings.Count(branch, "/")
	}
	return n
}

func (f *family) listen(report *os.File, count int) {
	f.t.Helper()
	report.SetReadDeadline(time.Now().Add(time.Minute))
	lines := bufio.NewScanner(report)
	for range count {
		if !lines.Scan() {
			f.t.Fatalf("%d of %d processes came: %v", len(f.roles), count, lines.Err())
		}
		number, role, _ := strings.Cut(lines.Text(), " ")
		pid, err := strconv.Atoi(number)
		if err != nil {
			f.t.Fatal(err)
		}
		if _, twice := f.roles[role]; twice {
			f.t.Fatalf("there are two processes with the role %q", role)
		}
		f.roles[role] = entryFor(f.t, pid)
	}
	// Whoever was to leave an orphan has left it when its end can be seen.
	for role, e := range f.roles {
		if strings.HasPrefix(role, "orphan/") {
			if err := WaitGone(patience(f.t), []Entry{e}); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// entryFor is the process as it is now, or only its number when it has gone
// already.
func entryFor(t *testing.T, pid int) Entry {
	t.Helper()
	table, err := Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := table.Get(pid); ok {
		return e
	}
	return Entry{PID: pid}
}

// bury waits until the whole family is gone and reaps those that came to us.
func (f *family) bury() {
	for _, e := range f.roles {
		if err := WaitGone(patience(f.t), []Entry{e}); err != nil {
			f.t.Error(err)
		}
	}
	f.cmd.Wait()
	for _, e := range f.roles {
		for e.PID != f.main.PID {
			if _, err := unix.Wait4(e.PID, nil, 0, nil); err != unix.EINTR {
				break
			}
		}
	}
}

// pids are the PIDs of the family members with these roles, sorted.
func (f *family) pids(roles ...string) []int {
	f.t.Helper()
	var pids []int
	for _, role := range roles {
		e, ok := f.roles[role]
		if !ok {
			f.t.Fatalf("no %q in %v", role, f.roles)
		}
		pids = append(pids, e.PID)
	}
	slices.Sort(pids)
	return pids
}

func pidsOf(entries []Entry) []int {
	var pids []int
	for _, e := range entries {
		pids = append(pids, e.PID)
	}
	return pids
}

// patience bounds a wait that should be short. It ends with the test.
func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
