package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"forever/internal/proc"
	"forever/internal/who"
	"forever/internal/wire"
)

// listenUntilTold listens, says where, and ends with its standard input.
func listenUntilTold() int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer ln.Close()
	fmt.Println(ln.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// child is a process that listens.
type child struct {
	pid   int
	port  string
	ended chan struct{}
	stop  func()
}

// listener starts one, with the marks of app "web" of the root /r.
func listener(t *testing.T) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"=listener", "GORACE=atexit_sleep_ms=0",
		"FOREVER_ROOT=/r", "FOREVER_UID=u", "FOREVER_APP=web", "FOREVER_ID=7", "FOREVER_INSTANCE=0")
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
	line, err := bufio.NewReader(stdout).ReadString('\n')
	p := &child{pid: cmd.Process.Pid, port: strings.TrimSpace(line), ended: make(chan struct{})}
	p.stop = func() { stdin.Close(); <-p.ended }
	go func() { cmd.Wait(); close(p.ended) }()
	t.Cleanup(p.stop)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// web is the app of a listener, in the hands of a supervisor.
func web() wire.App {
	return wire.App{ID: 3, UID: "u", Name: "web", Desired: wire.DesiredRunning, Spec: &wire.Spec{}}
}

func TestKillportOfAFreePort(t *testing.T) {
	r := (&fake{}).forever(t, "killport", "1/tcp")
	if r != (ran{codeFailed, "", "forever: error: nothing listens on port 1/tcp\n"}) {
		t.Errorf("%+v", r)
	}
}

func TestKillportOfAnApp(t *testing.T) {
	p := listener(t)
	f := &fake{apps: []wire.App{{ID: 7, UID: "other", Name: "web"}, web()}}
	f.onAct = func(_ string, _ wire.TargetRequest, on func(wire.Event)) error {
		p.stop()
		on(done("stopped", "web", 3, 0))
		return nil
	}
	if r := f.forever(t, "killport", "--dry-run", p.port); r != (ran{0, "forever: port " + p.port + ": would stop app \"web\" (id 7, root /r)\n", ""}) {
		t.Errorf("dry: %+v", r)
	}
	if len(f.asked) > 0 {
		t.Fatalf("dry: %q", f.asked)
	}
	r := f.forever(t, "killport", p.port, "--timeout", "3s", "--signal", "hup")
	if r != (ran{0, "forever: port " + p.port + " is free: stopped app \"web\" (id 7, root /r)\n", ""}) {
		t.Errorf("%+v", r)
	}
	if len(f.acts) != 1 || f.asked[0] != "stop" || !slices.Equal(f.acts[0].Targets, []string{"3"}) || f.acts[0].Signal != "SIGHUP" || *f.acts[0].TimeoutMS != 3000 {
		t.Errorf("asked %q, %+v", f.asked, f.acts)
	}
}

func TestKillportOfAnAppThatCannotBeStopped(t *testing.T) {
	p := listener(t)
	f := &fake{apps: []wire.App{web()}, events: []wire.Event{missed(wire.CodeNotStopped, "it is still there", "")}}
	r := f.forever(t, "killport", "--json", p.port)
	if r.code != codeFailed || !strings.Contains(r.errOut, "it is still there") {
		t.Errorf("%+v", r)
	}
	var rows []struct {
		State string
		Error wire.Error
	}
	if err := json.Unmarshal([]byte(r.out), &rows); err != nil || len(rows) != 1 || rows[0].State != "taken" || !strings.Contains(rows[0].Error.Message, "it is still there") {
		t.Errorf("%v in %s", err, r.out)
	}
}

// A supervisor that does not answer is none that lets go of its app.
func TestKillportWhenNobodyAnswers(t *testing.T) {
	p := listener(t)
	f := &fake{appsErr: errors.New("no answer")}
	if r := f.forever(t, "killport", p.port); r.code != codeFailed || !strings.Contains(r.errOut, "no answer") {
		t.Errorf("%+v", r)
	}
	select {
	case <-p.ended:
		t.Error("its process was killed")
	default:
	}
}

// With no supervisor a process of an app is one like any other, and the next
// supervisor may start it again.
func TestKillportWithoutASupervisor(t *testing.T) {
	p := listener(t)
	f := &fake{apps: []wire.App{web()}, stored: true}
	r := f.forever(t, "killport", p.port)
	want := fmt.Sprintf("forever: port %s is free: killed %s (pid %d, ", p.port, who.Name(proc.Entry{PID: os.Getpid(), Comm: "x"}), p.pid)
	if r.code != codeDone || !strings.HasPrefix(r.out, want) || !strings.Contains(r.out, "SIGTERM): "+os.Args[0]) {
		t.Errorf("%+v, want %s", r, want)
	}
	if !strings.HasSuffix(r.errOut, "forever: hint: to stop it: forever --root /r stop web\n") {
		t.Errorf("%s", r.errOut)
	}
	<-p.ended
}

func TestKillportMistakes(t *testing.T) {
	p := listener(t)
	for _, args := range [][]string{
		{}, {"99999"}, {p.port, "99999"}, {p.port, "0"}, {"--signal", "NOPE", p.port}, {"--timeout", "-1", p.port},
		{"--timeout", "soon", p.port}, {"--bogus", p.port}, {p.port + "/sctp"}, {"-s", "SIGKILL", p.port},
	} {
		if r := (&fake{}).forever(t, append([]string{"killport"}, args...)...); r.code != codeUsage || r.out != "" || r.errOut == "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
	select {
	case <-p.ended:
		t.Error("a wrong command line killed it")
	default:
	}
}

func TestPorts(t *testing.T) {
	p := listener(t)
	r := (&fake{}).forever(t, "ports", p.port, "1/udp")
	if r.code != codeFailed || r.errOut != "forever: error: nothing listens on port 1/udp\n" {
		t.Errorf("%+v", r)
	}
	rows := strings.Split(r.out, "\n")
	if len(rows) != 3 || !slices.Equal(strings.Fields(rows[0]), []string{"proto", "address", "port", "pid", "program", "user", "since", "app"}) {
		t.Fatalf("%s", r.out)
	}
	row := strings.Fields(rows[1])
	if !slices.Equal(row[:4], []string{"tcp", "127.0.0.1", p.port, strconv.Itoa(p.pid)}) || row[len(row)-1] != "web:0" {
		t.Errorf("%q", row)
	}
	if r := (&fake{}).forever(t, "ports", "--json", "1/udp"); r.code != codeFailed || r.out != "[]\n" {
		t.Errorf("%+v", r)
	}
	if r := (&fake{}).forever(t, "ports", "http"); r.code != codeUsage {
		t.Errorf("%+v", r)
	}
	if r := (&fake{}).forever(t, "__complete", "--", "killport", p.port); r.out != p.port+"\ttcp "+row[4]+"\n" {
		t.Errorf("%+v", r)
	}
}

// Who kills a process of an app is told that it comes again.
func TestHintAfterAKill(t *testing.T) {
	for _, line := range []string{"fuser -k %[1]s/tcp", "taskkill /f /pid %[2]d", "fuser -TERM -k -n tcp %[1]s"} {
		p := listener(t)
		never := web()
		never.Spec = &wire.Spec{Policy: wire.Policy{Restart: wire.RestartNever}}
		hint := fmt.Sprintf("forever: process %d is of app \"web\", which forever keeps running\nforever: hint: to stop it: forever --root /r stop web\n", p.pid)
		r := (&fake{apps: []wire.App{web()}}).forever(t, strings.Fields(fmt.Sprintf(line, p.port, p.pid))...)
		if r.code != codeDone || !strings.HasSuffix(r.errOut, hint) || !strings.Contains(r.out, strconv.Itoa(p.pid)) {
			t.Errorf("%s: %+v", line, r)
		}
		<-p.ended
		p = listener(t)
		r = (&fake{apps: []wire.App{never}}).forever(t, strings.Fields(fmt.Sprintf(line, p.port, p.pid))...)
		if r.code != codeDone || strings.Contains(r.errOut, "hint") {
			t.Errorf("%s, never restarted: %+v", line, r)
		}
		<-p.ended
	}
}
