package fuser

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// roleEnv makes the test binary play a program.
const roleEnv = "FOREVER_FUSER_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(strings.Fields(role)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	io.Copy(io.Discard, os.Stdin)
}

var kept io.Closer // what a role holds open until its process ends

func play(role []string) error {
	said := "ready"
	switch role[0] {
	case "listen":
		ln, err := net.Listen(role[1], role[2])
		if err != nil {
			return err
		}
		_, said, _ = net.SplitHostPort(ln.Addr().String())
		kept = ln
	case "udp":
		pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		_, said, _ = net.SplitHostPort(pc.LocalAddr().String())
		kept = pc
	case "connect":
		conn, err := net.Dial("tcp4", "127.0.0.1:"+role[1])
		if err != nil {
			return err
		}
		_, said, _ = net.SplitHostPort(conn.LocalAddr().String())
		kept = conn
	case "unix":
		ln, err := net.Listen("unix", role[1])
		if err != nil {
			return err
		}
		kept = ln
	case "open":
		flags := map[string]int{"r": os.O_RDONLY, "w": os.O_WRONLY}[role[1]]
		f, err := os.OpenFile(role[2], flags, 0)
		if err != nil {
			return err
		}
		kept = f
	case "chdir":
		if err := os.Chdir(role[1]); err != nil {
			return err
		}
	}
	fmt.Println(said)
	return nil
}

// program is the test binary in a role.
type program struct {
	pid   int
	said  string
	ended chan struct{} // closed when it has ended
}

func start(t *testing.T, role string) *program {
	t.Helper()
	return startAs(t, os.Args[0], role)
}

func startAs(t *testing.T, exe, role string) *program {
	t.Helper()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{pid: cmd.Process.Pid, ended: make(chan struct{})}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() { cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() { stdin.Close(); <-p.ended })
	if err != nil {
		t.Fatalf("%s: said nothing: %v", role, err)
	}
	p.said = strings.TrimSpace(line)
	return p
}

// fuser runs a command line.
func fuser(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	o, err := Parse(args)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	var out, errs bytes.Buffer
	code = Run(context.Background(), o, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestParse(t *testing.T) {
	kill := Options{Kill: true, Signal: syscall.SIGKILL}
	port := []Name{{"8080/tcp", tcp, portSpec{"8080", "", ""}, ""}}
	kill.Names = port
	term := kill
	term.Signal = syscall.SIGTERM
	for _, c := range []struct {
		line string
		want Options
	}{
		{"8080/tcp -k", kill},
		{"-k 8080/tcp", kill},
		{"8080 /tcp -k", kill},
		{"-n tcp 8080 -k", kill},
		{"--namespace=tcp --kill 8080", kill},
		{"--namespace tcp -- 8080", Options{Names: port, Signal: syscall.SIGKILL}},
		{"-kTERM 8080/tcp", term},
		{"-k -TERM 8080/tcp", term},
		{"-k -SIGTERM 8080/tcp", term},
		{"-15 -k 8080/tcp", term},
		{"-INT 8080/tcp", Options{Names: port, Signal: syscall.SIGINT}},
		{"-4vui 8080/tcp", Options{Names: port, Signal: syscall.SIGKILL, V4: true, Verbose: true, User: true, Interactive: true}},
		{"-w 8080/tcp", Options{Names: port, Signal: syscall.SIGKILL, Kill: true, Writers: true}},
		{"8080,localhost,9/udp", Options{Signal: syscall.SIGKILL, Names: []Name{{"8080,localhost,9/udp", udp, portSpec{"8080", "localhost", "9"}, ""}}}},
		{"-l -x", Options{Signal: syscall.SIGKILL, ListSignals: true}},
		{"-V", Options{Signal: syscall.SIGKILL, Version: true}},
	} {
		got, err := Parse(strings.Fields(c.line))
		if c.line == "-kTERM 8080/tcp" {
			if err == nil { // as psmisc: the signal stands alone
				t.Errorf("%s: %+v", c.line, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v, %v, want\n%+v", c.line, got, err, c.want)
		}
	}
}

func TestParseFiles(t *testing.T) {
	o, err := Parse([]string{"x", "/tcp", "8080", "-m"})
	if err != nil || len(o.Names) != 3 || !o.Mount {
		t.Fatalf("%+v, %v", o, err)
	}
	for i, base := range []string{"x", "tcp", "8080"} {
		if n := o.Names[i]; n.Space != files || filepath.Base(n.Text) != base || !filepath.IsAbs(n.Text) {
			t.Errorf("%+v, want the file %s", n, base)
		}
	}
}

func TestParseMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"": "No process specification given", "-k": "No process specification given", "--": "No process specification given",
		"-z x": "Invalid option z", "--nosuch x": "Invalid option --nosuch", "--kill=3 x": "Invalid option",
		"-n": "requires an argument", "-n foo 3": "Invalid namespace name",
		"-a -s x": "silent", "-4 -6 1/tcp": "same time", "-m 1/tcp": "mountpoint", "-BLA x": "BLA: unknown signal",
		"1,2,3,4/tcp": "form",
	} {
		_, err := Parse(strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
			continue
		}
		var text bytes.Buffer
		if code := Explain(err, &text); code != 1 || !strings.HasPrefix(text.String(), err.Error()+"\n") {
			t.Errorf("%q: code %d, %q", line, code, text.String())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"-k 8080/tcp", "8080 /tcp -k", "-n udp 53,host,9", "-INT -v x", "--namespace=tcp 1", "-ki9 x", ",,/tcp /udp", "- -- -"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := Parse(strings.Split(s, " "))
		if err == nil && !o.ListSignals && !o.Version && len(o.Names) == 0 {
			t.Errorf("%q names nothing", s)
		}
		if err == nil && (o.Signal < 1 || o.Signal > 64) {
			t.Errorf("%q: signal %d", s, o.Signal)
		}
	})
}

func TestPorts(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	client := start(t, "connect "+p.said)
	u := start(t, "udp")
	for line, want := range map[string]struct {
		code int
		out  string
	}{
		p.said + "/tcp":                          {0, fmt.Sprintf(" %5d", p.pid)},
		p.said + " /tcp":                         {0, fmt.Sprintf(" %5d", p.pid)},
		"-4 " + p.said + "/tcp":                  {0, fmt.Sprintf(" %5d", p.pid)},
		"-6 " + p.said + "/tcp":                  {1, ""},
		p.said + "/udp":                          {1, ""},
		client.said + "/tcp":                     {0, fmt.Sprintf(" %5d", client.pid)}, // its own end
		",127.0.0.1," + p.said + "/tcp":          {0, fmt.Sprintf(" %5d", client.pid)},
		"-n udp " + u.said:                       {0, fmt.Sprintf(" %5d", u.pid)},
		u.said + "/udp " + p.said + "/tcp 1/tcp": {0, fmt.Sprintf(" %5d %5d", u.pid, p.pid)},
		"-s " + p.said + "/tcp":                  {0, ""},
		"1/tcp":                                  {1, ""},
	} {
		code, out, stderr := fuser(t, "", strings.Fields(line)...)
		if code != want.code || out != want.out {
			t.Errorf("fuser %s: %d, %q, want %+v; stderr %q", line, code, out, want, stderr)
		}
	}
}

func TestNoService(t *testing.T) {
	code, out, stderr := fuser(t, "", "no-such-service/tcp")
	if code != 1 || out != "" || !strings.Contains(stderr, "cannot resolve local port no-such-service") {
		t.Errorf("%d, %q, %q", code, out, stderr)
	}
}

func TestFormat(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	_, _, stderr := fuser(t, "", "-a", p.said+"/tcp", "1/tcp")
	if want := fmt.Sprintf("%-20s\n1/tcp:\n", p.said+"/tcp:"); stderr != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	_, out, stderr := fuser(t, "", "-v", p.said+"/tcp")
	lines := strings.Split(stderr, "\n")
	if len(lines) != 3 || lines[0] != "                     USER        PID ACCESS COMMAND" {
		t.Fatalf("stderr %q", stderr)
	}
	if !strings.HasPrefix(lines[1], fmt.Sprintf("%-20s ", p.said+"/tcp:")) || !strings.Contains(lines[1], " F.... ") {
		t.Errorf("row %q", lines[1])
	}
	if want := fmt.Sprintf(" %5d", p.pid); out != want {
		t.Errorf("stdout %q, want %q", out, want)
	}
}

func TestMissingFile(t *testing.T) {
	dir := t.TempDir()
	code, out, stderr := fuser(t, "", filepath.Join(dir, "8080"))
	want := "Specified filename " + filepath.Join(dir, "8080") + " does not exist.\n(the port is written 8080/tcp)\n"
	if code != 1 || out != "" || stderr != want {
		t.Errorf("%d, %q, %q, want %q", code, out, stderr, want)
	}
}

func TestKill(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	if code, _, stderr := fuser(t, "n\n", "-ki", p.said+"/tcp"); code != 1 || !strings.Contains(stderr, fmt.Sprintf("Kill process %d ? (y/N) ", p.pid)) {
		t.Errorf("said no: %d, %q", code, stderr)
	}
	if code, _, _ := fuser(t, "", "-ki", p.said+"/tcp"); code != 1 {
		t.Errorf("said nothing: %d", code)
	}
	select {
	case <-p.ended:
		t.Fatal("killed without a yes")
	default:
	}
	if code, _, stderr := fuser(t, "y\n", "-ki", p.said+"/tcp", p.said+"/tcp"); code != 0 || strings.Count(stderr, "Kill process") != 1 {
		t.Errorf("said yes: %d, %q", code, stderr)
	}
	<-p.ended
	if code, _, _ := fuser(t, "", "-k", p.said+"/tcp"); code != 1 {
		t.Errorf("nobody left: %d", code)
	}
}

func TestSpares(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	o, _ := Parse([]string{"-k", p.said + "/tcp"})
	o.Spare = func(pid int) bool { return pid == p.pid }
	var stdout, stderr bytes.Buffer
	code := Run(context.Background(), o, strings.NewReader(""), &stdout, &stderr)
	want := fmt.Sprintf("Could not kill process %d: it is forever itself", p.pid)
	if code != 1 || !strings.Contains(stdout.String(), fmt.Sprint(p.pid)) || !strings.Contains(stderr.String(), want) {
		t.Errorf("%d, %q, %q", code, &stdout, &stderr)
	}
	select {
	case <-p.ended:
		t.Error("it was killed")
	default:
	}
}

func TestNeverItself(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	if code, out, _ := fuser(t, "", "-k", port+"/tcp"); code != 1 || out != "" {
		t.Errorf("%d, %q", code, out)
	}
}

func TestRecycledPID(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	o, _ := Parse([]string{p.said + "/tcp"})
	answers, err := search(&o)
	if err != nil || len(answers[0].users) != 1 {
		t.Fatalf("%+v, %v", answers, err)
	}
	e := answers[0].users[0].Entry
	e.Start--
	o.Signal = syscall.SIGKILL
	if err := o.kill(e); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("%v", err)
	}
}

func TestListSignals(t *testing.T) {
	code, out, _ := fuser(t, "", "-l")
	if code != 0 || !strings.HasPrefix(out, "HUP INT QUIT") || runtime.GOOS != "windows" && !strings.Contains(out, " USR1 ") {
		t.Errorf("%d, %q", code, out)
	}
	for line := range strings.Lines(out) {
		if len(line) > 81 {
			t.Errorf("%d columns: %q", len(line)-1, line)
		}
	}
}
