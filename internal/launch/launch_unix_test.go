//go:build unix

package launch

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/limits"
	"forever/internal/wire"
)

// childEnv makes the test binary a program that tells what it was given.
const childEnv = "LAUNCH_TEST_CHILD"

// given is what it tells.
type given struct {
	PID, SID, PGID int
	Args           []string
	Env            []string
	Dir            string
	Umask          int
	Limits         []limits.Limit
	Input          string // what stdin is; empty: /dev/null
	FDs            []int  // beyond 0, 1 and 2
}

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == StepName:
		os.Exit(Step())
	case os.Getenv(childEnv) != "":
		tellGiven()
	default:
		for _, fd := range descriptors() { // of who runs the test
			unix.CloseOnExec(fd)
		}
		os.Exit(m.Run())
	}
}

func tellGiven() {
	g := given{PID: os.Getpid(), Args: os.Args, Env: os.Environ(), Limits: limits.Caller(), FDs: descriptors()}
	g.SID, _ = unix.Getsid(0)
	g.PGID = unix.Getpgrp()
	g.Dir, _ = os.Getwd()
	g.Umask = syscall.Umask(0)
	g.Input = input()
	_ = json.NewEncoder(os.Stdout).Encode(g)
}

// descriptors are those that were open when the program began: the runtime
// opens its own above them.
func descriptors() (fds []int) {
	for fd := 3; fd < 64; fd++ {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			fds = append(fds, fd)
		}
	}
	return fds
}

func input() string {
	var in, null unix.Stat_t
	if unix.Fstat(0, &in) != nil || unix.Stat(os.DevNull, &null) != nil {
		return "nothing"
	}
	if in.Rdev != null.Rdev || in.Mode&unix.S_IFMT != unix.S_IFCHR {
		return "something else"
	}
	if n, err := os.Stdin.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return "not empty"
	}
	return ""
}

// own are the limits that a child of this process inherits.
var own = limits.Caller()

// differs is a limit that this process does not have, so that the program goes
// through the exec step.
func differs(t *testing.T) wire.Limit {
	t.Helper()
	for _, l := range own {
		if l.Resource == unix.RLIMIT_CORE {
			want := wire.Limit{Resource: l.Resource, Soft: 4096, Hard: l.Hard}
			if l.Hard < want.Soft || l.Soft == want.Soft {
				want.Soft = 0
			}
			if want.Soft == l.Soft {
				t.Skip("SKIPPED: this process may have no other core limit than its own")
			}
			return want
		}
	}
	t.Fatal("no core limit")
	return wire.Limit{}
}

// plan runs the test binary as the program.
func plan(t *testing.T) *wire.Plan {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &wire.Plan{
		File: exe, Argv: []string{"any name", "two words", "", "--"}, Dir: "/", Umask: -1,
		Env: []string{childEnv + "=1", "GORACE=atexit_sleep_ms=0", "A=b c", "EMPTY="},
	}
}

// start executes p with its output in a pipe.
func start(t *testing.T, p *wire.Plan) (pid int, output *os.File, err error) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	output, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	t.Cleanup(func() { output.Close() })
	started, err := Start(p, Files{null.Fd(), w.Fd(), w.Fd()}, own)
	return started.PID, output, err
}

// run executes p and returns what it tells.
func run(t *testing.T, p *wire.Plan) given {
	t.Helper()
	pid, output, err := start(t, p)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	text, err := io.ReadAll(output)
	if err != nil {
		t.Fatal(err)
	}
	reap(t, pid)
	var g given
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatalf("the program told %q: %v", text, err)
	}
	if g.PID != pid {
		t.Errorf("PID %d was started, %d tells", pid, g.PID)
	}
	return g
}

func reap(t *testing.T, pid int) {
	t.Helper()
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || !status.Exited() || status.ExitStatus() != 0 {
			t.Errorf("wait for %d: %v, status %v", pid, err, status)
		}
		return
	}
}

// ways are the two ways to a program, which must make no difference to it.
func ways(t *testing.T, f func(t *testing.T, p *wire.Plan)) {
	t.Helper()
	t.Run("directly", func(t *testing.T) { f(t, plan(t)) })
	t.Run("through the step", func(t *testing.T) {
		p := plan(t)
		p.Limits = []wire.Limit{differs(t)}
		f(t, p)
	})
}

func TestProgramIsGivenWhatThePlanSays(t *testing.T) {
	ways(t, func(t *testing.T, p *wire.Plan) {
		p.Dir = t.TempDir()
		g := run(t, p)
		if !slices.Equal(g.Args, p.Argv) {
			t.Errorf("arguments: got %q, want %q", g.Args, p.Argv)
		}
		if !slices.Equal(g.Env, p.Env) {
			t.Errorf("environment: got %q, want %q", g.Env, p.Env)
		}
		if dir, err := filepath.EvalSymlinks(p.Dir); err != nil || g.Dir != dir {
			t.Errorf("folder: got %s, want %s (%v)", g.Dir, dir, err)
		}
		if g.Input != "" {
			t.Errorf("stdin is %s, want /dev/null", g.Input)
		}
		if len(g.FDs) != 0 {
			t.Errorf("descriptors %v were left open for it", g.FDs)
		}
	})
}

func TestProgramLeadsASessionOfItsOwn(t *testing.T) {
	ways(t, func(t *testing.T, p *wire.Plan) {
		g := run(t, p)
		if g.SID != g.PID || g.PGID != g.PID {
			t.Errorf("PID %d, session %d, group %d", g.PID, g.SID, g.PGID)
		}
		if mine, _ := unix.Getsid(0); g.SID == mine {
			t.Error("it is in our session")
		}
	})
}

func TestUmask(t *testing.T) {
	mine := syscall.Umask(0o022)
	t.Cleanup(func() { syscall.Umask(mine) })
	ways(t, func(t *testing.T, p *wire.Plan) {
		for umask, want := range map[int]int{0o077: 0o077, 0: 0, 0o777: 0o777, -1: 0o022} {
			p.Umask = umask
			if got := run(t, p).Umask; got != want {
				t.Errorf("umask %#o: got %#o, want %#o", umask, got, want)
			}
			if now := syscall.Umask(0o022); now != 0o022 {
				t.Errorf("after umask %#o our own is %#o", umask, now)
			}
		}
	})
}

// limit is one of a program's limits.
func (g given) limit(resource int) (soft, hard uint64) {
	for _, l := range g.Limits {
		if l.Resource == resource {
			return l.Soft, l.Hard
		}
	}
	return 0, 0
}

func ownLimit(resource int) (soft, hard uint64) {
	return given{Limits: own}.limit(resource)
}

func TestLimits(t *testing.T) {
	_, files := ownLimit(unix.RLIMIT_NOFILE)
	soft, _ := ownLimit(unix.RLIMIT_NOFILE)
	low := min(files, 200)
	for name, want := range map[string]wire.Limit{
		"soft limit of files":          {Resource: unix.RLIMIT_NOFILE, Soft: 123, Hard: files},
		"soft and hard limit of files": {Resource: unix.RLIMIT_NOFILE, Soft: 123, Hard: low},
		"all files that are allowed":   {Resource: unix.RLIMIT_NOFILE, Soft: files, Hard: files},
		"the files that we have":       {Resource: unix.RLIMIT_NOFILE, Soft: soft, Hard: files},
		"core":                         {Resource: unix.RLIMIT_CORE, Soft: 0, Hard: 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan(t)
			p.Limits = []wire.Limit{want}
			gotSoft, gotHard := run(t, p).limit(want.Resource)
			if gotSoft != want.Soft || gotHard != want.Hard {
				t.Errorf("got %d:%d, want %d:%d", gotSoft, gotHard, want.Soft, want.Hard)
			}
		})
	}
}

// Go raises its own limit of open files; a program has the caller's.
func TestLimitOfFilesIsNotRaised(t *testing.T) {
	ways(t, func(t *testing.T, p *wire.Plan) {
		soft, hard := run(t, p).limit(unix.RLIMIT_NOFILE)
		if wantSoft, wantHard := ownLimit(unix.RLIMIT_NOFILE); soft != wantSoft || hard != wantHard {
			t.Errorf("got %d:%d, want our caller's %d:%d", soft, hard, wantSoft, wantHard)
		}
	})
}

// A limit beyond the hard one is root's to give; to others it is what there is.
func TestLimitThatMayNotBe(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("SKIPPED: root may raise limits; run it as another user")
	}
	_, hard := ownLimit(unix.RLIMIT_NOFILE)
	p := plan(t)
	p.Limits = []wire.Limit{{Resource: unix.RLIMIT_NOFILE, Soft: hard + 1, Hard: hard + 1}}
	if soft, got := run(t, p).limit(unix.RLIMIT_NOFILE); soft != hard || got != hard {
		t.Errorf("got %d:%d, want %d", soft, got, hard)
	}
}

// A soft limit above the hard one is nonsense to anybody.
func TestLimitThatCannotBe(t *testing.T) {
	p := plan(t)
	p.Limits = []wire.Limit{{Resource: unix.RLIMIT_NOFILE, Soft: 200, Hard: 100}}
	_, _, err := start(t, p)
	if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "200:100") {
		t.Errorf("got %v, want EINVAL with the limit", err)
	}
	noChild(t)
}

// noChild fails if a start that failed has left a process.
func noChild(t *testing.T) {
	t.Helper()
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		t.Errorf("child %d is left (%v)", pid, err)
	}
}

func TestWhatCannotBeExecuted(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name   string
		change func(p *wire.Plan)
		want   syscall.Errno
	}{
		{"no file", func(p *wire.Plan) { p.File = filepath.Join(dir, "none") }, syscall.ENOENT},
		{"no execute bit", func(p *wire.Plan) { p.File = file("plain", "#!/bin/sh\n", 0o644) }, syscall.EACCES},
		{"no format", func(p *wire.Plan) { p.File = file("garbage", "\x00garbage", 0o755) }, syscall.ENOEXEC},
		{"no interpreter", func(p *wire.Plan) { p.File = file("script", "#!/no/such/interpreter\n", 0o755) }, syscall.ENOENT},
		{"a folder", func(p *wire.Plan) { p.File = dir }, syscall.EACCES},
		{"a file as folder", func(p *wire.Plan) { p.File = filepath.Join(p.File, "x") }, syscall.ENOTDIR},
		{"no working directory", func(p *wire.Plan) { p.Dir = filepath.Join(dir, "none") }, syscall.ENOENT},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ways(t, func(t *testing.T, p *wire.Plan) {
				tt.change(p)
				pid, _, err := start(t, p)
				var got syscall.Errno
				if !errors.As(err, &got) || got != tt.want {
					t.Errorf("got PID %d and %v, want %v", pid, err, tt.want)
				}
				noChild(t)
			})
		})
	}
}

// Arguments and environment that together are too much (E2BIG), the same.
func TestTooMuchToExecute(t *testing.T) {
	ways(t, func(t *testing.T, p *wire.Plan) {
		p.Argv = append(p.Argv, strings.Repeat("x", 8<<20))
		if _, _, err := start(t, p); !errors.Is(err, syscall.E2BIG) {
			t.Errorf("got %v, want E2BIG", err)
		}
		noChild(t)
	})
}

// A cgroup only helps to find leftovers: without it the program runs too.
func TestCgroupThatIsNone(t *testing.T) {
	for _, dir := range []string{filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		p := plan(t)
		p.Cgroup = dir
		run(t, p)
	}
}

// Descriptors that are open here are not the program's.
func TestDescriptorsAreNotInherited(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before := count(t)
	ways(t, func(t *testing.T, p *wire.Plan) {
		if g := run(t, p); len(g.FDs) != 0 {
			t.Errorf("descriptors %v came along", g.FDs)
		}
	})
	if after := count(t); after != before {
		t.Errorf("%d descriptors were open before, %d after", before, after)
	}
}

func count(t *testing.T) (n int) {
	t.Helper()
	for fd := range 256 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}

func TestMemory(t *testing.T) {
	f, err := Memory([]byte("held"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != "held" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestDiffering(t *testing.T) {
	have := []limits.Limit{{Resource: 1, Soft: 10, Hard: 20}, {Resource: 2, Soft: 30, Hard: 30}}
	want := []wire.Limit{{Resource: 1, Soft: 10, Hard: 20}, {Resource: 2, Soft: 20, Hard: 30}, {Resource: 3, Soft: 1, Hard: 1}}
	if got := differing(want, have); !slices.Equal(got, want[1:]) {
		t.Errorf("got %v, want %v", got, want[1:])
	}
	if got := differing(nil, have); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// Sockets and the channel become the descriptors from 3 on, in their order, and
// LISTEN_PID is the program's own.
func TestDescriptorsOfTheProgram(t *testing.T) {
	for n := range 5 {
		p := plan(t)
		for i := range n {
			p.Sockets = append(p.Sockets, strconv.Itoa(i))
		}
		p.Channel = "channel"
		out, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		null, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		files := Files{null.Fd(), w.Fd(), w.Fd()}
		for range n + 1 {
			files = append(files, null.Fd())
		}
		started, err := Start(p, files, own)
		w.Close()
		null.Close()
		if err != nil {
			t.Fatal(err)
		}
		var g given
		if err := json.NewDecoder(out).Decode(&g); err != nil {
			t.Error(err)
		}
		out.Close()
		reap(t, started.PID)
		var want []int
		for i := range n + 1 {
			want = append(want, 3+i)
		}
		if !slices.Equal(g.FDs, want) {
			t.Errorf("with %d sockets it has descriptors %v, want %v", n, g.FDs, want)
		}
		if got := slices.Contains(g.Env, "LISTEN_PID="+strconv.Itoa(started.PID)); got != (n > 0) {
			t.Errorf("with %d sockets its environment is %v", n, g.Env)
		}
	}
}

// What cannot be executed is told also where the reports had to make room.
func TestFailureWithManyDescriptors(t *testing.T) {
	p := plan(t)
	p.File = filepath.Join(t.TempDir(), "none")
	p.Sockets = []string{"a", "b", "c"}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	fd := null.Fd()
	if _, err := Start(p, Files{fd, fd, fd, fd, fd, fd}, own); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("got %v", err)
	}
}
