//go:build unix

package units

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	ofRoot  = Boot{Exe: "/usr/local/bin/forever", Root: "/root/.forever", Home: "/root", Path: "/usr/local/bin:/usr/bin:/bin", User: "root"}
	ofAlice = Boot{Exe: "/opt/my tools/100%/forever", Root: "/srv/alice's $apps", Home: "/home/alice", Path: "/usr/bin:/bin", User: "alice", UID: 1000}
)

func TestHooks(t *testing.T) {
	agent := ofAlice
	agent.PerUser = true
	for name, b := range map[string]Boot{"root": ofRoot, "alice": ofAlice, "alice-user": agent} {
		for _, kind := range Kinds() {
			h, err := b.Hook(kind)
			if err != nil {
				t.Fatal(err)
			}
			text := h.Text
			for _, list := range [][][]string{h.On, h.Off, h.After} {
				for _, argv := range list {
					text += "$ " + strings.Join(argv, " ") + "\n"
				}
			}
			golden(t, "boot-"+kind+"-"+name, "file: "+h.File+"\n"+text)
		}
	}
}

func TestHookOfOddPaths(t *testing.T) {
	b := ofRoot
	b.Root = "/a\nExecStart=/bin/evil"
	if h, err := b.Hook(Systemd); err == nil {
		t.Errorf("a line break in a path: %s", h.Text)
	}
	if _, err := ofRoot.Hook("sysv"); err == nil || !strings.Contains(err.Error(), "systemd, openrc") {
		t.Error(err)
	}
}

// What the shell makes of a hook's command is what was meant.
func TestShellWord(t *testing.T) {
	for _, word := range []string{"", "a b", "it's", "$HOME", "a;b", "~", "*", "/usr/bin:/bin", "A=b", "ü", "`x`", `\`} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q: %q, %v", word, out, err)
		}
	}
}

func TestCrontab(t *testing.T) {
	h, _ := ofRoot.Hook(Cron)
	other := "# mine\n@reboot /bin/other # forever"
	once := withLine(other, h)
	if want := other + "\n" + h.Text; once != want {
		t.Errorf("%q", once)
	}
	if twice := withLine(once, h); twice != once {
		t.Errorf("%q", twice)
	}
	if gone := withoutLine(once, h.Name); gone != other+"\n" {
		t.Errorf("%q", gone)
	}
}

func TestDetect(t *testing.T) {
	for path, want := range map[string]string{"run/systemd/system": Systemd, "run/openrc": OpenRC, "usr/bin/crontab": Cron} {
		m := Machine{Prefix: t.TempDir()}
		if err := os.MkdirAll(filepath.Join(m.Prefix, path), 0o755); err != nil {
			t.Fatal(err)
		}
		if got, err := m.Detect("linux"); got != want || err != nil {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	m := Machine{Prefix: t.TempDir()}
	if got, err := m.Detect("darwin"); got != Launchd || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, goos := range []string{"windows", "linux"} {
		if got, err := m.Detect(goos); !errors.Is(err, ErrNoInit) {
			t.Errorf("%s: %q, %v", goos, got, err)
		}
	}
}

// recorder is a machine whose commands do nothing but are remembered.
type recorder struct {
	ran   []string
	table string // the crontab
	fail  string // the command that fails
}

func (r *recorder) run(_ context.Context, argv []string, stdin string) (string, error) {
	line := strings.Join(argv, " ")
	r.ran = append(r.ran, line)
	switch {
	case line == r.fail:
		return "", exec.ErrNotFound
	case line == "crontab -l" && r.table == "":
		return "", &exec.ExitError{Stderr: []byte("no crontab for root")}
	case line == "crontab -l":
		return r.table, nil
	case line == "crontab -":
		r.table = stdin
	}
	return "", nil
}

func TestInstallAndRemove(t *testing.T) {
	r := &recorder{}
	m := Machine{Prefix: t.TempDir(), Run: r.run}
	h, _ := ofRoot.Hook(Systemd)
	var steps []string
	step := func(text string) { steps = append(steps, text) }
	for range 2 { // the second time it is replaced
		if err := m.Install(context.Background(), h, step); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(m.Prefix, h.File)
	if text, err := os.ReadFile(path); err != nil || string(text) != h.Text || !m.Installed(h) {
		t.Errorf("%s, %v", text, err)
	}
	if err := m.Remove(context.Background(), h, step); err != nil || m.Installed(h) {
		t.Error(err)
	}
	on := []string{"systemctl daemon-reload", "systemctl enable forever.service"}
	if want := slices.Concat(on, on, []string{"systemctl disable forever.service", "systemctl daemon-reload"}); !slices.Equal(r.ran, want) {
		t.Errorf("%q", r.ran)
	}
	if len(steps) != len(r.ran)+3 || steps[0] != "write "+path {
		t.Errorf("%q", steps)
	}
}

func TestInstallFails(t *testing.T) {
	r := &recorder{fail: "systemctl daemon-reload"}
	m := Machine{Prefix: t.TempDir(), Run: r.run}
	h, _ := ofRoot.Hook(Systemd)
	err := m.Install(context.Background(), h, func(string) {})
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "run systemctl daemon-reload") || len(r.ran) != 1 {
		t.Errorf("%v, %q", err, r.ran)
	}
	r.fail = "systemctl disable forever.service"
	if err := m.Remove(context.Background(), h, func(string) {}); err == nil || m.Installed(h) {
		t.Errorf("it stays when it cannot be switched off: %v", err)
	}
}

func TestInstallInCrontab(t *testing.T) {
	r := &recorder{}
	m := Machine{Prefix: t.TempDir(), Run: r.run}
	h, _ := ofAlice.Hook(Cron)
	for range 2 {
		if err := m.Install(context.Background(), h, func(string) {}); err != nil || r.table != h.Text {
			t.Errorf("%q, %v", r.table, err)
		}
	}
	if err := m.Remove(context.Background(), h, func(string) {}); err != nil || r.table != "" {
		t.Errorf("%q, %v", r.table, err)
	}
	r.fail, r.table = "crontab -l", "precious\n"
	if err := m.Install(context.Background(), h, func(string) {}); err == nil || r.table != "precious\n" {
		t.Errorf("a crontab that cannot be read is not replaced: %q, %v", r.table, err)
	}
}

// told keeps what a command complained of.
func TestWhatACommandSaid(t *testing.T) {
	_, err := Machine{}.run(context.Background(), []string{"sh", "-c", "echo no such unit >&2; exit 3"}, "")
	if err == nil || !strings.HasSuffix(err.Error(), ": no such unit") {
		t.Error(err)
	}
}
