package cli

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"forever/internal/units"
)

// machine runs command lines on a machine of the test's own; what it is asked
// to run is remembered and not done.
type machine struct {
	prefix string
	ran    []string
	fail   bool
}

func (m *machine) forever(t *testing.T, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	s := newSession(nil, &out, &errs)
	s.connect = func(string) service { return &fake{} }
	s.machine = units.Machine{Prefix: m.prefix, Run: func(_ context.Context, argv []string, _ string) (string, error) {
		m.ran = append(m.ran, argv[0])
		if m.fail {
			return "", exec.ErrNotFound
		}
		return "", nil
	}}
	code := s.main(append([]string{"forever"}, args...))
	return ran{code, out.String(), errs.String()}
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such init system")
	}
	t.Setenv("FOREVER_ROOT", t.TempDir())
	return &machine{prefix: t.TempDir()}
}

func TestStartupDryRun(t *testing.T) {
	for _, kind := range units.Kinds() {
		m := newMachine(t)
		r := m.forever(t, "startup", "--dry-run", kind)
		if r.code != codeDone || !strings.Contains(r.out, os.Getenv("FOREVER_ROOT")) || !strings.Contains(r.out, "resurrect") || strings.Contains(r.out, "nothing was") {
			t.Errorf("%s: %+v", kind, r)
		}
		if !strings.Contains(r.errOut, "nothing was changed; to do it by hand: ") || len(m.ran) > 0 {
			t.Errorf("%s: %+v, %q", kind, r, m.ran)
		}
		if found, err := os.ReadDir(m.prefix); err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v", kind, found, err)
		}
	}
}

// With --user root sets up its own manager, as everybody else does.
func TestStartupAndUnstartup(t *testing.T) {
	m := newMachine(t)
	r := m.forever(t, "startup", "systemd", "--user")
	if r.code != codeDone || !strings.HasPrefix(r.out, "forever: write "+m.prefix) || !strings.Contains(r.errOut, "forever save") {
		t.Fatalf("%+v", r)
	}
	if strings.Join(m.ran, " ") != "systemctl systemctl loginctl" {
		t.Errorf("%q", m.ran)
	}
	if files := filesIn(t, m.prefix); len(files) != 1 || !strings.HasSuffix(files[0], ".service") {
		t.Errorf("%q", files)
	}
	if r := m.forever(t, "unstartup", "systemd", "--user"); r.code != codeDone || len(filesIn(t, m.prefix)) != 0 {
		t.Errorf("%+v", r)
	}
	if r := m.forever(t, "unstartup", "systemd", "--user"); r.code != codeDone || !strings.Contains(r.out, "nothing to take back") {
		t.Errorf("%+v", r)
	}
}

// filesIn are the files below a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestStartupThatCannotBe(t *testing.T) {
	m := newMachine(t)
	m.fail = true
	r := m.forever(t, "startup", "systemd", "--user")
	if r.code != codeFailed || !strings.Contains(r.errOut, "is this the init system of this machine?") || !strings.Contains(r.errOut, "by hand: ") {
		t.Errorf("%+v", r)
	}
	if r := m.forever(t, "startup", "sysv"); r.code != codeUsage || !strings.Contains(r.errOut, "systemd, openrc, launchd, cron") {
		t.Errorf("%+v", r)
	}
	if os.Geteuid() == 0 {
		t.Log("root may set up everything: what others may not is not tried")
		return
	}
	if r := m.forever(t, "startup", "openrc"); r.code != codeFailed || !strings.Contains(r.errOut, "sudo tee /etc/init.d/") {
		t.Errorf("%+v", r)
	}
}
