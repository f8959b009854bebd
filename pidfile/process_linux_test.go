package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() {
	roles["headless"] = headless
	if os.Getenv(roleVar) == "headless" {
		runtime.LockOSThread() // main runs on the first thread
	}
}

// headless lets the first thread end while the process runs on.
func headless() error {
	started := make(chan bool)
	go func() {
		runtime.LockOSThread() // so that this one is not the first
		started <- true
		for stat := []byte(nil); !bytes.Contains(stat, []byte(") Z ")); {
			var err error
			if stat, err = os.ReadFile("/proc/self/stat"); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		fmt.Println("ready")
		os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	<-started
	unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // this thread, not the process
	return errors.New("the thread goes on")
}

func TestProcessWithoutFirstThreadIsAlive(t *testing.T) {
	c := startChild(t, "headless", nil)
	if said := c.line(t); said != "ready" {
		t.Fatalf("child said %q", said)
	}
	if p := identify(t, c.Process.Pid); !p.Alive() {
		t.Errorf("%+v runs without its first thread and is not alive", p)
	}
}

func TestZombieIsNotAlive(t *testing.T) {
	c := startChild(t, "nobody", nil)
	// Wait for its end, but leave it unreaped.
	for {
		err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			t.Fatal(err)
		}
	}
	p := identify(t, c.Process.Pid)
	if p.Alive() {
		t.Errorf("%+v is a zombie and alive", p)
	}
	if err := p.Check(); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Check() = %v, want os.ErrProcessDone", err)
	}
}

func TestParseStat(t *testing.T) {
	line := func(name, state, threads string) string {
		return "42 (" + name + ") " + state + " 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 " + threads + " 0 987654 1000 10\n"
	}
	for _, c := range []struct {
		text  string
		start uint64
		ended bool
		wrong bool
	}{
		{line("node", "S", "11"), 987654, false, false},
		{line("a) R 1 (b", "S", "1"), 987654, false, false},
		{line("line\nbreak ) Z 1", "R", "1"), 987654, false, false},
		{line("zombie", "Z", "1"), 987654, true, false},
		{line("headless", "Z", "12"), 987654, false, false},
		{line("dead", "X", "0"), 987654, true, false},
		{line("stopped", "T", "1"), 987654, false, false},
		{text: "", wrong: true},
		{text: "42 (cut", wrong: true},
		{text: "42 (cut) S 1 2 3", wrong: true},
		{text: strings.Replace(line("x", "S", "1"), "987654", "soon", 1), wrong: true},
	} {
		start, ended, err := parseStat([]byte(c.text))
		if start != c.start || ended != c.ended || (err != nil) != c.wrong {
			t.Errorf("parseStat(%q) = %d, %v, %v", c.text, start, ended, err)
		}
	}
}
