package pidfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// roleVar makes the test binary play a child.
const roleVar = "FOREVER_PIDFILE_TEST_ROLE"

var roles = map[string]func() error{
	"wait":   func() error { return nil },
	"hold":   hold,
	"saver":  saver,
	"nobody": nil, // ends at once
}

func TestMain(m *testing.M) {
	name := os.Getenv(roleVar)
	if name == "" {
		os.Exit(m.Run())
	}
	role, known := roles[name]
	if !known {
		fmt.Fprintf(os.Stderr, "unknown role %q\n", name)
		os.Exit(2)
	}
	if role == nil {
		os.Exit(0)
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin) // until the test closes it, or is dead
	os.Exit(0)
}

// hold takes over the lock in descriptor 3 and keeps it.
func hold() error {
	held = LockFromFile(os.NewFile(3, "lock"))
	return nil
}

var held *Lock

// saver saves two states in turn until it is killed.
func saver() error {
	path := os.Getenv("STATE")
	for i := 0; ; i++ {
		s := &State{NextID: 1000 + i%2, Apps: make([]App, 200)}
		for j := range s.Apps {
			s.Apps[j] = App{ID: j, Name: fmt.Sprint("app-", i%2)}
		}
		if err := Save(path, s); err != nil {
			return err
		}
		fmt.Println("saved")
	}
}

// child is a test binary that plays a role. It is gone when the test ends.
type child struct {
	*exec.Cmd
	in    io.Closer
	lines *bufio.Reader
	ended bool
}

func startChild(t *testing.T, role string, prepare func(*exec.Cmd)) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0])}
	c.Env = append(os.Environ(), roleVar+"="+role)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in, c.lines = in, bufio.NewReader(out)
	if prepare != nil {
		prepare(c.Cmd)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.end() })
	return c
}

// line reads what the child says next.
func (c *child) line(t *testing.T) string {
	t.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil {
		t.Fatalf("child said nothing: %v", err)
	}
	return line[:len(line)-1]
}

// end ends the child, if it has not ended, and reaps it.
func (c *child) end() {
	if c.ended {
		return
	}
	c.ended = true
	c.in.Close()
	io.Copy(io.Discard, c.lines)
	c.Wait()
}
