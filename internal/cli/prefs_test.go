package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/wire"
)

func TestDefaults(t *testing.T) {
	root, f, program := filepath.Join(t.TempDir(), "root"), &fake{}, script(t, "server.sh")
	ok := func(args ...string) string {
		t.Helper()
		r := f.inRoot(t, root, args...)
		if r.code != codeDone {
			t.Fatalf("%q: %+v", args, r)
		}
		return r.out
	}
	if out := ok("config"); !strings.Contains(out, "no defaults of your own") {
		t.Error(out)
	}
	ok("set", "killTimeout", "3s")
	ok("set", "max_restarts", "7")
	ok("set", "env", "COLOUR=blue")
	for _, of := range []string{"pidPath", "sockPath", "loglength", "logstream"} { // npm's forever had these
		if r := f.inRoot(t, root, "set", of, "1"); r.code != codeDone || !strings.Contains(r.errOut, of+" is a setting of npm's forever") {
			t.Errorf("%+v", r)
		}
		ok("clear", of)
	}
	if out := ok("config"); out != "env: COLOUR=blue\nkill-timeout: 3s\nmax-restarts: 7\n" {
		t.Error(out)
	}
	ok("start", "--max-restarts", "2", program)
	s := f.start.Specs[0]
	if s.Stop.TimeoutMS != 3000 || s.Policy.MaxRestarts != 2 || !strings.Contains(strings.Join(s.Env, "\n"), "COLOUR=blue") {
		t.Errorf("%+v", s)
	}
	file := filepath.Join(t.TempDir(), "apps.json")
	if err := os.WriteFile(file, []byte(`{"name": "web", "script": "`+program+`", "kill_timeout": 50}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ok("start", file)
	if s := f.start.Specs[0]; s.Stop.TimeoutMS != 50 || s.Policy.MaxRestarts != 7 {
		t.Errorf("a config file is above them: %+v", s)
	}
	ok("clear", "kill-timeout")
	ok("clear", "kill-timeout") // as often as one likes
	if r := (&fake{}).inRoot(t, root, "clear", "kill-timeuot"); r.code != codeUsage || !strings.Contains(r.errOut, "did you mean kill-timeout?") {
		t.Errorf("%+v", r)
	}
	ok("start", program)
	if s := f.start.Specs[0]; s.Stop.TimeoutMS != 10000 {
		t.Errorf("%+v", s)
	}
}

func TestDefaultsThatCannotBe(t *testing.T) {
	for args, want := range map[string]string{
		"set kil-timeout 3s":   "did you mean kill-timeout?",
		"set kill-timeout x":   "kill-timeout wants a duration",
		"set name web":         "belongs to one app",
		"set kill-timeout":     "set needs KEY VALUE",
		"columns add colour":   `there is no column "colour"`,
		"set columns id,naem":  "did you mean name?",
		"columns rm":           "columns needs add, rm or set",
		"columns paint id":     "columns needs add, rm or set",
		"columns reset status": "columns needs add, rm or set",
	} {
		if r := (&fake{}).forever(t, strings.Fields(args)...); r.code != codeUsage || !strings.Contains(r.errOut, want) {
			t.Errorf("%s: %+v", args, r)
		}
	}
	root := t.TempDir()
	if err := os.WriteFile(prefsPath(root), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := (&fake{}).inRoot(t, root, "config"); r.code != codeFailed || !strings.Contains(r.errOut, "config.json is damaged") {
		t.Errorf("%+v", r)
	}
}

func TestColumns(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	f := &fake{apps: []wire.App{{ID: 0, Name: "web", UID: "k3Xa", Status: wire.Stopped, Instances: []wire.Instance{{Status: wire.Stopped}}}}}
	for _, step := range []struct{ args, titles string }{
		{"columns set id name status", "id name status"},
		{"columns add uid", "id name status uid"},
		{"columns add id forever", "id name status uid"},
		{"columns set id,name,status forever uid", "id name status uid"},
		{"columns rm status", "id name uid"},
		{"set columns name,id", "name id"},
		{"columns reset", "id name mode pid status restarts uptime cpu memory ports"},
	} {
		if r := f.inRoot(t, root, strings.Fields(step.args)...); r.code != codeDone {
			t.Fatalf("%s: %+v", step.args, r)
		}
		r := f.inRoot(t, root, "list")
		head, _, _ := strings.Cut(r.out, "\n")
		if got := strings.Join(strings.Fields(head), " "); got != step.titles {
			t.Errorf("%s: %q", step.args, got)
		}
	}
}

// The root of ~/.forever/config.json holds where nothing else names one.
func TestDefaultRoot(t *testing.T) {
	home, other := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if r := (&fake{}).inRoot(t, t.TempDir(), "set", "root", other); r.code != codeDone {
		t.Fatalf("%+v", r)
	}
	t.Setenv("FOREVER_ROOT", "")
	if root, err := rootFolder(""); root != other || err != nil {
		t.Errorf("%q, %v", root, err)
	}
	if root, err := rootFolder("/named"); !strings.HasSuffix(root, "named") || err != nil {
		t.Errorf("%q, %v", root, err)
	}
	if r := (&fake{}).inRoot(t, t.TempDir(), "clear", "root"); r.code != codeDone {
		t.Fatalf("%+v", r)
	}
	if root, err := rootFolder(""); root != filepath.Join(home, ".forever") || err != nil {
		t.Errorf("%q, %v", root, err)
	}
}
