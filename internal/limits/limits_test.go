//go:build !windows

package limits

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv("LIMITS_CHILD") != "" {
		for _, l := range Caller() {
			if l.Resource == syscall.RLIMIT_NOFILE {
				fmt.Println(l.Soft)
			}
		}
		return
	}
	os.Exit(m.Run())
}

// The runtime raises the soft limit of open files; a child must still see the one it was given.
func TestCallerSeesTheLimitBeforeTheRuntimeRaisedIt(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -Sn 123 && exec "$0"`, exe)
	cmd.Env = append(os.Environ(), "LIMITS_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != "123" {
		t.Errorf("soft limit of open files: got %s, want 123", got)
	}
}
