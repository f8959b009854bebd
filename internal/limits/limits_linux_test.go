package limits_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"forever/internal/limits"
)

func TestMain(m *testing.M) {
	if os.Getenv("LIMITS_CHILD") == "" {
		os.Exit(m.Run())
	}
	for _, l := range limits.Caller() {
		if l.Resource == limits.NOFILE {
			fmt.Println(l.Soft)
		}
	}
}

// The runtime raises the soft limit of open files; the one that was given must still be seen.
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
