//go:build unix

package probe

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// With roleVar in its environment the test binary is not a test but a program
// that one needs; its argument is a path.
const roleVar = "PROBE_TEST_ROLE"

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleVar)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var roles = map[string]func(path string) error{
	// escape leaves a child behind that has left the session, says its PID to
	// the path and holds on to the output.
	"escape": func(path string) error {
		cmd := exec.Command("/bin/sh", "-c", "echo $$ >"+path+"; exec sleep 1000")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return cmd.Start()
	},
	// checker runs a check that says its PID to the path and does not end.
	"checker": func(path string) error {
		h := Health{Kind: KindExec, Command: "echo $$ >" + path + "; exec sleep 1000", Timeout: time.Hour}
		return h.Check(context.Background(), Subject{Env: os.Environ()})
	},
	// speaker sends READY=1 to the socket at the path.
	"speaker": func(path string) error {
		conn, err := net.Dial("unixgram", path)
		if err == nil {
			_, err = conn.Write([]byte("READY=1"))
		}
		return err
	},
}

// self is the test binary.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// play makes a command that plays a role; the race detector lets it end at once.
func play(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), self(t), path)
	cmd.Env = append(os.Environ(), roleVar+"="+role, "GORACE=atexit_sleep_ms=0")
	return cmd
}
