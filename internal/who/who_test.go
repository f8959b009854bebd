package who

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"forever/internal/proc"
)

// childEnv makes the test binary play a program that waits for its stdin.
const childEnv = "FOREVER_WHO_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	os.Stdout.WriteString("ready\n")
	io.Copy(io.Discard, os.Stdin)
}

func TestDescribe(t *testing.T) {
	cmd := exec.Command(os.Args[0], "", "two words")
	cmd.Env = append(os.Environ(), childEnv+"=1", "GORACE=atexit_sleep_ms=0",
		"FOREVER_ROOT=/r", "FOREVER_APP=web", "FOREVER_ID=3", "FOREVER_INSTANCE=1", "FOREVER_UID=abc")
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	before := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	table, err := proc.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := table.Get(cmd.Process.Pid)
	var r Reader
	p := r.Describe(e)
	if !slices.Equal(p.Args, cmd.Args) {
		t.Errorf("arguments %q, want %q", p.Args, cmd.Args)
	}
	if !strings.HasPrefix(p.Name, "who") {
		t.Errorf("name %q", p.Name)
	}
	if off := p.Since.Sub(before); off < -5*time.Second || off > time.Minute {
		t.Errorf("since %v, started at %v", p.Since, before)
	}
	if me, err := user.Current(); err == nil && p.User != me.Username {
		t.Errorf("user %q, want %q", p.User, me.Username)
	}
	want := App{Root: "/r", UID: "abc", Name: "web", ID: 3, Instance: 1}
	if runtime.GOOS != "windows" && (p.App == nil || *p.App != want || p.App.String() != "web:1") {
		t.Errorf("app %+v, want %+v", p.App, want)
	}
}

func TestNameOf(t *testing.T) {
	for _, c := range []struct{ comm, args, exe, want string }{
		{"node", "node server.js", "/usr/bin/node", "node"},
		{"MainThread", "node server.js", "/usr/bin/node", "node"},
		{"MainThread", "node server.js", "", "MainThread"}, // another user's
		{"python3", "python3 -m http.server", "/usr/bin/python3.11", "python3"},
		{"job.py", "/usr/bin/python3 ./job.py", "/usr/bin/python3.11", "job.py"},
		{"nginx", "nginx:|worker", "/usr/sbin/nginx", "nginx"},
		{"a-long-program-", "./a-long-program-name", "/x/a-long-program-name", "a-long-program-name"},
		{"a-long-program-", "", "", "a-long-program-"},
		{"kthreadd", "", "", "kthreadd"},
		{"sleep", "sleep 9", "/bin/busybox", "sleep"},
	} {
		var args []string
		if c.args != "" {
			args = strings.Split(c.args, " ")
		}
		if got := nameOf(c.comm, args, c.exe); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestCommand(t *testing.T) {
	for want, args := range map[string][]string{
		`[x]`:                     nil,
		`node server.js`:          {"node", "server.js"},
		`a "" "b c" "\x1b[2J" ä`:  {"a", "", "b c", "\x1b[2J", "ä"},
		`"it's" "say \"x\"" "\\"`: {"it's", `say "x"`, `\`},
	} {
		if got := (Process{Name: "x", Args: args}).Command(); got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}
