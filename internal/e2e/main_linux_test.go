package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"forever/internal/tidy"
)

// atOnce is how many scripts run side by side: they mostly wait for processes.
const atOnce = "6"

// TestMain builds forever once for all scripts, which find it on PATH. The test
// binary itself is their other program, `fixture`.
func TestMain(m *testing.M) {
	if tidy.Waits() {
		os.Exit(tidy.Main(m.Run))
	}
	testscript.Main(build{m}, map[string]func(){"fixture": fixture})
}

// build is a run of the tests with forever on PATH.
type build struct{ m *testing.M }

func (b build) Run() int { return tidy.Main(b.run) }

func (b build) run() int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "fv-bin")
	if err == nil {
		defer os.RemoveAll(dir)
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare the scripts:", err)
		return 1
	}
	return b.m.Run()
}

// prepare builds forever into dir, with the flags of .ci/run, which has built
// all of it already.
func prepare(dir string) error {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", dir, "forever")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build forever: %w\n%s", err, out)
	}
	return os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// TestScripts runs the stories that need nothing but Go.
func TestScripts(t *testing.T) { stories(t, "testdata") }

// stories runs every script of a folder, in parallel.
func stories(t *testing.T, dir string) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: dir, Setup: setup, Cmds: commands(), Condition: condition,
		RequireExplicitExec: true, RequireUniqueNames: true,
	})
}
