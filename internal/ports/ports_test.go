package ports

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/who"
)

// roleEnv makes the test binary play a program; its arguments follow the role.
const roleEnv = "FOREVER_PORTS_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(strings.Fields(role)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// play says a line when it is ready, and ends with its stdin.
func play(role []string) error {
	switch role[0] {
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fallthrough
	case "listen":
		port, err := listen(role[1], role[2])
		if err != nil {
			fmt.Println("no")
			return nil
		}
		fmt.Println(port)
	case "reuse":
		port, err := listenReused(role[1])
		if err != nil {
			fmt.Println("no")
			return nil
		}
		fmt.Println(port)
	case "parent":
		port, err := listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"=sleep "+strconv.Itoa(port))
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		return cmd.Run()
	case "share":
		return share()
	case "sleep":
		fmt.Println(role[1], os.Getpid())
	case "connect":
		conn, err := net.Dial("tcp4", "127.0.0.1:"+role[1])
		if err != nil {
			return err
		}
		defer conn.Close()
		fmt.Println(role[1])
	case "free":
		port, _ := Parse(role[1])
		stop := func(context.Context, who.App) error { return errors.New("asked to stop an app") }
		results, err := Free(context.Background(), []Port{port}, Options{StopApp: stop})
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(results)
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// kept are the sockets of a role, held until its process ends.
var kept []io.Closer

func listen(network, addr string) (int, error) {
	if strings.HasPrefix(network, "udp") {
		pc, err := net.ListenPacket(network, addr)
		if err != nil {
			return 0, err
		}
		kept = append(kept, pc)
		return pc.LocalAddr().(*net.UDPAddr).Port, nil
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		return 0, err
	}
	kept = append(kept, ln)
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// share hands a listener to two children, which hold it as well.
func share() error {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	for range 2 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"=sleep "+port)
		cmd.Stdin, cmd.ExtraFiles = os.Stdin, []*os.File{f}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			return err
		}
	}
	fmt.Println(port)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// program is the test binary in a role.
type program struct {
	pid   int
	said  string
	port  Port
	ended chan struct{} // closed when it has ended
}

func start(t *testing.T, role string, env ...string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0"), env...)
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
	t.Cleanup(func() { stdin.Close(); <-p.ended })
	go func() { cmd.Wait(); close(p.ended) }()
	if err != nil {
		t.Fatalf("%s: said nothing: %v", role, err)
	}
	p.said = strings.TrimSpace(line)
	if p.said == "no" {
		t.Skipf("SKIPPED: cannot %s here", role)
	}
	p.port, _ = Parse(strings.Fields(p.said)[0])
	return p
}

// runs tells whether the program has not ended.
func (p *program) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]Port{
		"8080": {8080, ""}, ":8080": {8080, ""}, "8080/tcp": {8080, "tcp"}, "5353/UDP": {5353, "udp"}, "65535": {65535, ""},
	} {
		if got, err := Parse(s); err != nil || got != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "65536", "-1", "+1", "x", "80/", "80/sctp", "/tcp", "80 ", "8_0", "0x50", "80/tcp/udp"} {
		if got, err := Parse(s); err == nil {
			t.Errorf("%q is taken for %v", s, got)
		}
	}
	if list, err := ParseAll([]string{"80", "81", "80"}); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := ParseAll([]string{"80", "x"}); err == nil {
		t.Errorf("%v with a wrong one among them", list)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"8080", ":1", "5353/udp", "80/TCP", "٨٠"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(p.String()); err != nil || again != p {
			t.Errorf("%q is %v, and that is %v, %v", s, p, again, err)
		}
	})
}

func TestList(t *testing.T) {
	a := start(t, "listen tcp4 127.0.0.1:0", "FOREVER_ROOT=/r", "FOREVER_APP=web", "FOREVER_ID=3", "FOREVER_INSTANCE=1")
	b := start(t, "share")
	c := start(t, "listen udp4 127.0.0.1:0")
	start(t, "connect "+a.port.String())
	listing, err := List([]Port{a.port, b.port, c.port})
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[int]int) // by port
	for _, l := range listing.Listeners {
		rows[int(l.Address.Port())]++
		if l.Process.Since.IsZero() || l.Process.User == "" || time.Since(l.Process.Since) > time.Hour {
			t.Errorf("%+v tells too little", l)
		}
		if want := l.Process.PID == a.pid; (l.Process.App != nil) != want {
			t.Errorf("%d is of app %v", l.Process.PID, l.Process.App)
		}
	}
	if n := [3]int{rows[int(a.port.Number)], rows[int(b.port.Number)], rows[int(c.port.Number)]}; n != [3]int{1, 3, 1} {
		t.Errorf("rows %v, want one, one for each of three holders, and one", n)
	}
}

func TestListJSON(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	listing, err := List([]Port{p.port})
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Proto, Address string
		Port, PID      int
		Command        []string
	}
	b, err := json.Marshal(listing.Listeners)
	if err != nil || json.Unmarshal(b, &rows) != nil || len(rows) != 1 {
		t.Fatalf("%s, %v", b, err)
	}
	if r := rows[0]; r.Proto != "tcp" || r.Address != "127.0.0.1" || r.Port != int(p.port.Number) || r.PID != p.pid || len(r.Command) == 0 {
		t.Errorf("%s", b)
	}
}

func TestListNothing(t *testing.T) {
	listing, err := List([]Port{{1, "udp"}})
	if err != nil || len(listing.Listeners) != 0 {
		t.Errorf("%+v, %v", listing, err)
	}
}
