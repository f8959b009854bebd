package need

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const (
	// nobody is the user and group that own nothing, on every distribution.
	nobody = 65534
	// nobodyEnv marks the process that asNobody started, lest one that is
	// root all the same starts another, without end.
	nobodyEnv = "FOREVER_TEST_AS_NOBODY"
)

// asNobody runs the calling test as nobody and ends the caller.
func asNobody(t testing.TB) {
	t.Helper()
	if os.Getenv(nobodyEnv) != "" {
		t.Fatal("still root after changing to nobody")
	}
	// Pdeathsig is sent when the thread that forked ends, not the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := nobodyCommand(t).CombinedOutput()
	if err != nil {
		t.Fatalf("as nobody (uid %d): %v\n%s", nobody, err, out)
	}
	if !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("as nobody (uid %d) it did not pass:\n%s", nobody, out)
	}
	t.Skipf("passed as nobody (uid %d) in a process of its own", nobody)
}

// nobodyCommand is this test binary, running the calling test only. It is
// executed by way of /proc because "go test" builds it in a folder that only
// its owner may search; for the same reason TMPDIR and HOME are /tmp.
func nobodyCommand(t testing.TB) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe",
		"-test.v", "-test.count=1", "-test.run="+pattern(t.Name()))
	cmd.Env = append(os.Environ(), nobodyEnv+"=1", "TMPDIR=/tmp", "HOME=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: nobody, Gid: nobody},
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd
}

// pattern is the -test.run that matches the test of this name alone.
func pattern(name string) string {
	levels := strings.Split(name, "/")
	for i, level := range levels {
		levels[i] = "^" + regexp.QuoteMeta(level) + "$"
	}
	return strings.Join(levels, "/")
}
