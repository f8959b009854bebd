package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/wire"
)

// runningAs makes the fake's list of what was started last.
func (f *fake) runningAs(specs []wire.Spec) {
	f.apps = nil
	for i, s := range specs {
		spec := s
		spec.UID = "made-up"
		f.apps = append(f.apps, wire.App{ID: i, Name: s.Name, ConfigFile: s.ConfigFile, Desired: wire.DesiredRunning,
			Spec: &spec, Instances: []wire.Instance{{Status: wire.Online, PID: 7}}})
	}
}

func names(specs []wire.Spec) string {
	var list []string
	for _, s := range specs {
		list = append(list, s.Name)
	}
	return strings.Join(list, " ")
}

func TestStartAgainFollowsTheFile(t *testing.T) {
	program, file, f := script(t, "p.sh"), filepath.Join(t.TempDir(), "apps.yaml"), &fake{}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "PROGRAM", program)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := func(args ...string) ran {
		f.start = wire.StartRequest{}
		return f.forever(t, append([]string{"start"}, append(args, file)...)...)
	}
	write("- {name: a, script: PROGRAM, args: x}\n- {name: b, script: PROGRAM, env: {K: v}}\n")
	if r := start(); r != (ran{0, "", ""}) || names(f.start.Specs) != "a b" || f.start.Force {
		t.Fatalf("the first time: %+v, %+v", r, f.start)
	}
	f.runningAs(f.start.Specs)
	t.Setenv("ANOTHER_SHELL", "1")
	if r := start(); r.code != codeDone || f.start.Specs != nil || strings.Count(r.out, "leave ") != 2 {
		t.Errorf("nothing has changed: %+v, %+v", r, f.start)
	}
	write("- {name: a, script: PROGRAM, args: x}\n- {name: b, script: PROGRAM, env: {K: w}}\n- {name: c, script: PROGRAM}\n")
	want := "forever: plan: start c\nforever: plan: restart b, it has changed\nforever: plan: leave a as it is, nothing has changed\n"
	if r := start("--dry-run"); r != (ran{0, want, ""}) || f.start.Specs != nil {
		t.Errorf("%+v, %+v", r, f.start)
	}
	if r := start(); r != (ran{0, want, ""}) || names(f.start.Specs) != "c b" || !f.start.Force {
		t.Errorf("%+v, %q", r, names(f.start.Specs))
	}
	// What the file has ceased to say is a change, and an app it has no more is told of.
	write("- {name: a, script: PROGRAM, args: x}\n- {name: b, script: PROGRAM, env: {K: v}, umask: 077, limit: {core: 0}}\n- {name: gone, script: PROGRAM}\n")
	start("--force")
	f.runningAs(f.start.Specs)
	write("- {name: a, script: PROGRAM, args: x}\n- {name: b, script: PROGRAM}\n")
	want = "forever: plan: restart b, it has changed\nforever: plan: leave a as it is, nothing has changed\n" +
		"forever: plan: leave gone as it is, which is no longer in the file: forever delete gone\n"
	if r := start("--dry-run"); r != (ran{0, want, ""}) {
		t.Errorf("%+v", r)
	}
	for _, text := range []string{"env: {K: v}", "umask: 077", "limit: {core: 0}", "filter_env: [SECRET]"} {
		write("- {name: b, script: PROGRAM, " + text + "}\n")
		start("--force")
		f.runningAs(f.start.Specs)
		write("- {name: b, script: PROGRAM}\n")
		if start(); names(f.start.Specs) != "b" {
			t.Errorf("without %s: %+v", text, f.start)
		}
	}
	write("- {name: a, script: PROGRAM, args: x}\n- {name: b, script: PROGRAM, env: {K: w}}\n- {name: c, script: PROGRAM}\n")
	f.start = wire.StartRequest{}
	f.runningAs(nil)
	start()
	f.runningAs(f.start.Specs[:2])
	f.apps[1].Spec.Env = nil
	f.apps[0].ConfigFile = "/another.json"
	if r := start(); r.code != codeFailed || !strings.Contains(r.errOut, `app "a" runs already`) || names(f.start.Specs) != "c b" {
		t.Errorf("an app of another file: %+v", r)
	}
	if r := start("--force"); r.code != codeDone || names(f.start.Specs) != "a b c" || !f.start.Force {
		t.Errorf("%+v, %q", r, names(f.start.Specs))
	}
	if r := f.forever(t, "start", "--dry-run", program); r.code != codeUsage {
		t.Errorf("%+v", r)
	}
}
