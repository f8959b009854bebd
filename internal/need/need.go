// Package need says what a test needs of the machine it runs on: root, the
// absence of root, an installed program.
//
// What is not there skips the test, with the reason. With FOREVER_TEST_STRICT=1
// in the environment, as .ci/run sets it, it fails the test instead, so that
// nothing is skipped where everything was to be installed. Only tests import
// this package.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// strictEnv turns a missing need from a skip into a failure when it is "1".
const strictEnv = "FOREVER_TEST_STRICT"

// Root continues only as root.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "needs root")
	}
}

// NonRoot continues only as an ordinary user. As root on Linux it runs the
// calling test once more, as nobody, in a process of its own, and ends this
// one: as a failure with that process's output, or as a skip that says it
// passed. Call it before the test has changed anything.
func NonRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		asNobody(t)
	}
}

// Command continues only when name is on PATH, and returns its path.
func Command(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "needs "+name+" on PATH")
	}
	return path
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(strictEnv) == "1" {
		t.Fatalf("%s, and %s=1 allows no skip", what, strictEnv)
	}
	t.Skipf("SKIPPED: %s", what)
}
