package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"forever/internal/wire"
)

// inRoot runs a command line against the fake in a root that outlives it.
func (f *fake) inRoot(t *testing.T, root string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	s := newSession(nil, &out, &errs)
	s.connect = func(string) service { return f }
	s.visit = s.connect
	code := s.main(append([]string{"forever", "--root", root}, args...))
	return ran{code, out.String(), errs.String()}
}

func savedApp(id int, name, desired string, foreground bool) wire.App {
	return wire.App{ID: id, Name: name, UID: "u" + name, Desired: desired,
		Spec: &wire.Spec{Name: name, Script: "/" + name, Env: []string{"A=1"}, Foreground: foreground}}
}

func TestSaveAndResurrect(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	f := &fake{apps: []wire.App{
		savedApp(0, "web", wire.DesiredRunning, false), savedApp(1, "off", wire.DesiredStopped, false),
		savedApp(2, "shown", wire.DesiredRunning, true), savedApp(3, "db", wire.DesiredRunning, false),
	}}
	if r := f.inRoot(t, root, "save"); r.code != codeDone || r.out != "forever: saved 2 apps to "+root+"/saved.json\n" {
		t.Fatalf("%+v", r)
	}
	if info, err := os.Stat(savedPath(root)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	f.events = []wire.Event{
		{Type: wire.EventResult, App: "web", Instance: -1, Err: &wire.Error{Code: wire.CodeRunning, Message: "it runs"}},
		done("started", "db", 3, 9),
	}
	r := f.inRoot(t, root, "resurrect")
	if want := (ran{0, "forever: \"web\" runs already (id 0): forever describe web\nforever: started \"db\" (id 3, pid 9)\n", ""}); r != want {
		t.Errorf("%+v", r)
	}
	var got []string
	for _, s := range f.start.Specs {
		got = append(got, s.Name+" "+s.UID+" "+strings.Join(s.Env, ","))
	}
	if !slices.Equal(got, []string{"web uweb A=1", "db udb A=1"}) || f.start.Force {
		t.Errorf("%q", got)
	}
	f.events = append(f.events, missed(wire.CodeExec, "cannot run", ""))
	if r := f.inRoot(t, root, "resurrect"); r.code != codeFailed {
		t.Errorf("an app that cannot be started: %+v", r)
	}
}

// A save while nothing runs must not cost what was saved before.
func TestSaveNothing(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	f := &fake{apps: []wire.App{savedApp(0, "web", wire.DesiredRunning, false)}}
	f.inRoot(t, root, "save")
	before, _ := os.ReadFile(savedPath(root))
	f.apps = nil
	r := f.inRoot(t, root, "save")
	if after, err := os.ReadFile(savedPath(root)); err != nil || r.code != codeFailed || !bytes.Equal(before, after) {
		t.Errorf("%+v, %v", r, err)
	}
	if r := f.inRoot(t, root, "save", "--force"); r.code != codeDone {
		t.Errorf("%+v", r)
	}
	if r := f.inRoot(t, root, "resurrect"); r.code != codeDone || slices.Contains(f.asked, "start") {
		t.Errorf("%+v, %q", r, f.asked)
	}
}

func TestResurrectFromWhatIsNoSave(t *testing.T) {
	for content, want := range map[string]string{
		"":                            "nothing was saved in ",
		"{":                           "saved.json is damaged",
		`{"version": 99, "apps": []}`: "was written by a newer forever (version 99)",
	} {
		root := t.TempDir()
		if content != "" {
			if err := os.WriteFile(savedPath(root), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f := &fake{}
		if r := f.inRoot(t, root, "resurrect"); r.code != codeFailed || !strings.Contains(r.errOut, want) || !strings.Contains(r.errOut, "forever: hint: ") || len(f.asked) > 0 {
			t.Errorf("%q: %+v", content, r)
		}
	}
}
