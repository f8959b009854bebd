package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forever/internal/config"
	"forever/internal/wire"
)

// Keys that PM2 knows and that are no options of ours do what they do there.
func TestKeysOfPM2(t *testing.T) {
	type spec = wire.Spec
	has := func(entry string) func(spec) bool {
		return func(w spec) bool { return slices.Contains(w.Env, entry) }
	}
	for content, holds := range map[string]func(spec) bool{
		"append_env_to_name: true":       func(w spec) bool { return w.Name == "run-production" },
		"append_env_to_name: false":      func(w spec) bool { return w.Name == "run" },
		"source_map_support: true":       func(w spec) bool { return slices.Equal(w.InterpreterArgs, []string{"--enable-source-maps"}) },
		"source_map_support: false":      func(w spec) bool { return len(w.InterpreterArgs) == 0 },
		"disable_source_map_support: no": nil,
		"port: 8080":                     has("PORT=8080"),
		"filter_env: true":               func(w spec) bool { return slices.Equal(w.Env, []string{"B=1"}) },
		"filter_env: A":                  func(w spec) bool { return len(w.Env) == 4 && !slices.Contains(w.Env, "A=0") },
		"filter_env: [PA, HO]":           func(w spec) bool { return len(w.Env) == 3 && slices.Contains(w.Env, "A=0") },
		"out_file: 'NULL'":               func(w spec) bool { return w.Output.OutFile == os.DevNull && w.Output.ErrFile == "" },
		"error_file: 'NULL'":             func(w spec) bool { return w.Output.ErrFile == os.DevNull && w.Output.OutFile == "" },
		"pid_file: 'NULL'":               func(w spec) bool { return w.PidFile == "" },
		"log_file: false":                func(w spec) bool { return w.Output.File == "" },
		"cron_restart: 0":                func(w spec) bool { return w.Policy.Cron == "" },
		"exec_mode: cluster_mode":        func(w spec) bool { return w.Cluster },
		"uid: web":                       func(w spec) bool { return w.UID == "web" && w.Name == "web" },
		"watch: true\nwatch_options: {ignored: [a, b], awaitWriteFinish: {stabilityThreshold: 2000, pollInterval: 100}}": func(w spec) bool {
			return slices.Equal(w.Watch.Ignore, []string{"a", "b"}) && w.Watch.DelayMS == 2000
		},
	} {
		c := testCaller(t)
		path := write(t, c, "a.yaml", "script: run.js\nenv_production: {B: 1}\n"+content+"\n")
		apps, warnings, err := config.Load(path, nil, config.LoadOptions{EnvName: "production"})
		if holds == nil {
			if err == nil {
				t.Errorf("%s: no error", content)
			}
			continue
		}
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, %v", content, warnings, err)
			continue
		}
		if got, err := apps[0].Spec(c); err != nil || !holds(got) {
			t.Errorf("%s: %+v, %v", content, got, err)
		}
	}
}

// PM2's uid is the user to run as: it must not become a mere name.
func TestUserOrSecondName(t *testing.T) {
	for content, user := range map[string]string{
		"{script: run.js, uid: www}":           "",
		"{script: run.js, uid: 33}":            "33",
		"{script: run.js, uid: www, gid: www}": "www",
		"apps: [{script: run.js, uid: www}]":   "www",
		"apps: [{script: run.js, user: www}]":  "www",
		"apps: [{script: run.js, id: www}]":    "",
	} {
		apps, _, err := config.Load("a.yaml", strings.NewReader(content), config.LoadOptions{})
		if err != nil || apps[0].User != user || user == "" && apps[0].UID != "www" {
			t.Errorf("%s: %+v, %v", content, apps, err)
		}
	}
}

// A script that is a command line is run by a shell, in a file alone.
func TestScriptThatIsACommandLine(t *testing.T) {
	c := testCaller(t)
	got, _ := load(t, c, write(t, c, "a.yaml", "cmd: run.sh one && run.sh two\n"), config.LoadOptions{})
	if got[0].Name != "run" || filepath.Base(got[0].Script) != "sh" || !slices.Equal(got[0].Args, []string{"-c", "run.sh one && run.sh two"}) {
		t.Errorf("%+v", got[0])
	}
	if _, err := (&config.Settings{Script: "run.sh one"}).Spec(c); err == nil {
		t.Error("on a command line it was found")
	}
	if _, _, err := config.Load("a.yaml", strings.NewReader("command: run.js"), config.LoadOptions{}); err != nil {
		t.Errorf("a command without a script: %v", err)
	}
}

// With a file for each stream nothing is left for the one for both.
func TestFilesOfStreams(t *testing.T) {
	for pairs, want := range map[string]wire.Output{
		"log-file=/a":                              {File: "/a"},
		"log-file=/a out-file=/o":                  {OutFile: "/o", ErrFile: "/a"},
		"log-file=/a err-file=/e":                  {OutFile: "/a", ErrFile: "/e"},
		"log-file=/a out-file=/o err-file=/e":      {OutFile: "/o", ErrFile: "/e"},
		"out-file=/o disable-logs=true log-file=a": {OutFile: os.DevNull, ErrFile: os.DevNull},
	} {
		s := settings(t, strings.Fields(pairs)...)
		if got, err := s.Spec(testCaller(t)); err != nil || got.Output != want {
			t.Errorf("%s: %+v, %v", pairs, got.Output, err)
		}
	}
}

// What stands beside apps as defaults holds for each of them, and the app wins.
func TestDefaultsOfAFile(t *testing.T) {
	c := testCaller(t)
	got, warnings := load(t, c, write(t, c, "etc/a.yaml", `
defaults: {env: {A: 1, B: 1}, env_production: {C: 1}, kill_timeout: 3s, args: x, out_file: all.log, append_env_to_name: true}
apps:
- {script: ../run.js, env: {B: 2}}
- {script: ../other.sh, kill_timeout: 4s, args: [y], env_production: {C: 2}, append_env_to_name: false}
`), config.LoadOptions{EnvName: "production"})
	if len(got) != 2 || len(warnings) > 0 {
		t.Fatalf("%+v, %v", got, warnings)
	}
	for i, want := range []struct {
		name, arg string
		timeout   int64
		env       []string
	}{{"run-production", "x", 3000, []string{"A=1", "B=2", "C=1"}}, {"other", "y", 4000, []string{"A=1", "B=1", "C=2"}}} {
		w := got[i]
		if w.Name != want.name || w.Args[0] != want.arg || w.Stop.TimeoutMS != want.timeout || w.Output.OutFile != filepath.Join(c.Cwd, "etc/all.log") {
			t.Errorf("%+v, want %+v", w, want)
		}
		for _, entry := range want.env {
			if !slices.Contains(w.Env, entry) {
				t.Errorf("%s: %q, want %s", w.Name, w.Env, entry)
			}
		}
	}
}

// What is off in an app is off, also where the defaults have it on.
func TestDefaultsThatAreSwitchedOff(t *testing.T) {
	c := testCaller(t)
	got, _ := load(t, c, write(t, c, "a.yaml", `
defaults: {wait_ready: true, cron_restart: "0 3 * * *", watch: true, time: true}
apps: [{script: run.js}, {script: run.sh, name: off, wait_ready: false, cron_restart: 0, watch: false, time: false}]
`), config.LoadOptions{})
	if on := got[0]; on.Ready != "message" || on.Policy.Cron == "" || !on.Watch.On || on.Output.Time == "" {
		t.Errorf("%+v", on)
	}
	if off := got[1]; off.Ready != "" || off.Policy.Cron != "" || off.Watch != nil || off.Output.Time != "" {
		t.Errorf("%+v", off)
	}
}

// A .env beside a Procfile is its apps'.
func TestProcfileWithEnv(t *testing.T) {
	c := testCaller(t)
	write(t, c, ".env", "PORT=5000\n")
	got, _ := load(t, c, write(t, c, "Procfile", "web: run.js\n"), config.LoadOptions{})
	if !slices.Contains(got[0].Env, "PORT=5000") {
		t.Errorf("%q", got[0].Env)
	}
	if got, _ := load(t, c, write(t, c, "a.yaml", "script: run.js\n"), config.LoadOptions{}); slices.Contains(got[0].Env, "PORT=5000") {
		t.Errorf("no Procfile: %q", got[0].Env)
	}
}

// Check finds the mistakes of one app beside those of another, in their order.
func TestCheckFindsAll(t *testing.T) {
	c := testCaller(t)
	path := write(t, c, "a.yaml", "- {script: gone.js}\n- {script: run.js, max: x, nice: y}\n- {script: run.sh}\n- {name: w}\n")
	specs, _, err := config.Check(path, nil, config.LoadOptions{}, c)
	var lines []string
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, strings.TrimPrefix(strings.TrimSpace(line), path+":"))
	}
	want := []string{`1:12: app "gone": "gone.js" was not found`, `2:25: app "run.js": max wants`, `2:34: app "run.js": nice wants`, `4:3: app "w": script is missing`}
	if len(specs) != 1 || !slices.EqualFunc(lines, want, strings.HasPrefix) {
		t.Errorf("%d specs, got\n%s", len(specs), strings.Join(lines, "\n"))
	}
}
