package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"forever/internal/tidy"
)

// The binaries: the real one, a server in Go, and one with habits of its own.
var forever, goServer, habits string

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == jailRole {
		os.Exit(becomeJailed(os.Args[2:]))
	}
	os.Exit(tidy.Main(func() int { return tests(m) }))
}

func tests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fcbin")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	forever, goServer, habits = filepath.Join(dir, "forever"), filepath.Join(dir, "goserver"), filepath.Join(dir, "habits")
	for path, what := range map[string]string{forever: "forever", goServer: "./testdata/goserver", habits: "./testdata/habits"} {
		cmd := exec.Command("go", "build", "-o", path, what)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
	}
	return m.Run()
}
