package config_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"forever/internal/config"
	"forever/internal/program"
	"forever/internal/wire"
)

// write makes a config file in the caller's folder and returns its path.
func write(t *testing.T, c config.Caller, name, content string) string {
	t.Helper()
	path := filepath.Join(c.Cwd, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// load reads a file that must be right, and returns what it makes.
func load(t *testing.T, c config.Caller, path string, o config.LoadOptions) ([]wire.Spec, []config.Warning) {
	t.Helper()
	apps, warnings, err := config.Load(path, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	var specs []wire.Spec
	for _, app := range apps {
		spec, err := app.Spec(c)
		if err != nil {
			t.Fatal(err)
		}
		specs = append(specs, spec)
	}
	return specs, warnings
}

// The same two apps in every format that can say so much.
func sameApps() map[string]string {
	return map[string]string{
		"apps.json": `{
  // PM2's way of writing
  "apps": [
    {"name": "web", "script": "run.js", "args": "--port 80 'a b'", "instances": "max", "exec_mode": "cluster",
     "env": {"A": 1, "DEBUG": true}, "env_production": {"A": 2}, "out_file": "logs/out.log", "max_restarts": 10, "kill_timeout": 1600,
     "stop_exit_codes": [3, 4], "autorestart": false, "node_args": ["--title=a b"], "limit": {"nofile": 100}, "umask": "022",},
    {"exec": "run.sh", "cwd": "sub", "min_uptime": "2s"}, /* the second */
  ],
}`,
		"apps.yaml": `
x-common: &common
  A: 0
  DEBUG: true
apps:
- name: web
  script: run.js
  args: --port 80 'a b'
  instances: max
  execMode: cluster
  env:
    <<: *common
    A: 1
  env_production: {A: 2}
  outFile: logs/out.log
  maxRestarts: 10
  killTimeout: 1600ms
  stopExitCodes: 3,4
  autorestart: false
  nodeArgs: ["--title=a b"]
  limit: [nofile=100]
  umask: 022
- exec: run.sh
  cwd: sub
  minUptime: 2000
`,
		"apps.toml": `
[[apps]]
name = "web"
script = "run.js"
args = ["--port", "80", "a b"]
instances = "max"
exec-mode = "cluster"
env = { A = 1, DEBUG = true }
env_production.A = 2
out-file = 'logs/out.log'
max-restarts = 1_0
kill-timeout = "1.6s"
stop-exit-codes = [3, 4]
autorestart = false
node-args = ["--title=a b"]
limit.nofile = 100
umask = 0o022

[[apps]]
exec = "run.sh"
cwd = "sub"
min-uptime = "2s"
`,
		"apps.config.js": `
console.log('not a part of it');
module.exports = { apps: [
  { name: 'web', script: 'run.js', args: ['--port', 80, 'a b'], instances: 'max', exec_mode: 'cluster', env: { A: 1, DEBUG: true },
    env_production: { A: 2 }, output: 'logs/out.log', max_restarts: 10, kill_timeout: 1600, stop_exit_codes: [3, 4], autorestart: false,
    node_args: ['--title=a b'], limit: 'nofile=100', umask: '22', pid_file: undefined },
  { exec: 'run.sh', cwd: 'sub', min_uptime: 2000 } ] };
`,
		"apps.config.mjs": `
export default async () => [
  { name: 'web', script: 'run.js', args: ['--port', 80, 'a b'], instances: 'max', exec_mode: 'cluster', env: { A: 1, DEBUG: true },
    env_production: { A: 2 }, output: 'logs/out.log', max_restarts: 10, kill_timeout: 1600, stop_exit_codes: [3, 4], autorestart: false,
    node_args: ['--title=a b'], limit: 'nofile=100', umask: '22' },
  { exec: 'run.sh', cwd: 'sub', min_uptime: 2000 } ];
`,
	}
}

func TestEveryFormatSaysTheSame(t *testing.T) {
	c := testCaller(t)
	in := func(path string) string { return filepath.Join(c.Cwd, path) }
	policy := wire.Policy{Restart: "on-failure", MinUptimeMS: 1000, BackoffMinMS: 100, BackoffMaxMS: 30000, ListenTimeout: 30000}
	stop := wire.Stop{Signal: "SIGTERM", TimeoutMS: 10000}
	web := wire.Spec{
		Name: "web", Namespace: "default", Typed: "run.js", Script: in("run.js"), Interpreter: in("bin/node"), InterpreterArgs: []string{"--title=a b"},
		Args: []string{"--port", "80", "a b"}, Cwd: c.Cwd, Umask: 0o022, Limits: []wire.Limit{{Resource: 7, Soft: 100, Hard: 100}},
		Env:       []string{c.Env[0], c.Env[1], c.Env[2], "A=2", "DEBUG=true"},
		Instances: 4, Cluster: true, Channel: true, Policy: policy, Stop: wire.Stop{Signal: "SIGTERM", TimeoutMS: 1600},
		Output: wire.Output{OutFile: in("logs/out.log")},
	}
	web.Own = &wire.Own{Env: []string{"A", "DEBUG"}, Limits: []int{7}, Umask: true}
	web.Policy.Restart, web.Policy.MaxRestarts, web.Policy.SuccessCodes = "never", 10, []int{3, 4}
	job := wire.Spec{
		Name: "run", Namespace: "default", Typed: "run.sh", Script: in("sub/run.sh"), Interpreter: in("bin/bash"), Cwd: in("sub"), Umask: 0o022,
		Limits: c.Limits, Env: []string{c.Env[0], c.Env[1], "PWD=" + in("sub"), "A=0"}, Instances: 1, Policy: policy, Stop: stop,
	}
	job.Policy.MinUptimeMS, job.Own = 2000, &wire.Own{}
	for name, content := range sameApps() {
		t.Run(name, func(t *testing.T) {
			needNode(t, name)
			path := write(t, c, name, content)
			got, warnings := load(t, c, path, config.LoadOptions{EnvName: "production"})
			if len(got) != 2 || len(warnings) > 0 {
				t.Fatalf("got %d apps and %v", len(got), warnings)
			}
			for i, want := range []wire.Spec{web, job} {
				want.ConfigFile = path
				slices.Sort(got[i].Env[3:]) // objects of TOML and JSON have no order to keep
				slices.Sort(want.Env[3:])
				if !reflect.DeepEqual(got[i], want) {
					t.Errorf("got  %+v\nwant %+v", got[i], want)
				}
			}
		})
	}
}

// needNode skips what only node can evaluate where there is none.
func needNode(t *testing.T, name string) {
	t.Helper()
	if !strings.Contains(name, ".config.") {
		return
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIPPED: node is not installed")
	}
}

// npm's forever tells apps of one script apart by their uid.
func TestNpmFile(t *testing.T) {
	c := testCaller(t)
	path := write(t, c, "forever.json", `[
  { // the first
    "uid": "app1", "append": true, "script": "run.sh", "sourceDir": "sub", "logFile": "logs/forever.log", "minUptime": 500, "spinSleepTime": 700, "killTree": true, "max": 5 },
  { "uid": "app2", "append": false, "script": "run.sh", "workingDir": ".", "command": "ruby", "pidFile": "pids/two.pid", "killSignal": "SIGINT" }
]`)
	got, warnings := load(t, c, path, config.LoadOptions{})
	if len(got) != 2 || len(warnings) > 0 {
		t.Fatalf("got %d apps and %v", len(got), warnings)
	}
	in := func(path string) string { return filepath.Join(c.Cwd, path) }
	one, two := got[0], got[1]
	if one.Name != "app1" || one.Script != in("sub/run.sh") || one.Cwd != in("sub") || one.Output.File != in("logs/forever.log") ||
		one.Policy.BackoffMinMS != 700 || one.Policy.BackoffMaxMS != 700 || one.Policy.MaxRuns != 5 || one.Output.Truncate {
		t.Errorf("one: %+v", one)
	}
	if two.Name != "app2" || two.UID != "app2" || two.Interpreter != in("bin/ruby") || two.PidFile != in("pids/two.pid") || !two.Output.Truncate || two.Stop.Signal != "SIGINT" {
		t.Errorf("two: %+v", two)
	}
}

func TestProcfile(t *testing.T) {
	c := testCaller(t)
	path := write(t, c, "Procfile", "# all\nweb: node run.js -p $PORT\r\n\nworker:   sleep 1 && true\n")
	got, _ := load(t, c, path, config.LoadOptions{})
	if len(got) != 2 || got[0].Name != "web" || got[1].Name != "worker" {
		t.Fatalf("got %+v", got)
	}
	if got[0].Script != "/bin/sh" || !slices.Equal(got[0].Args, []string{"-c", "node run.js -p $PORT"}) || got[0].Cwd != c.Cwd {
		t.Errorf("got %+v", got[0])
	}
}

func TestLoadFromStdin(t *testing.T) {
	for _, content := range []string{`{"script": "run.sh", "name": "x"}`, "script: run.sh\nname: x\n", "// why\n[{script: 1}]", "\ufeff[{\"script\":\"run.sh\",\"name\":\"x\"}]"} {
		apps, _, err := config.Load("-", strings.NewReader(content), config.LoadOptions{})
		if strings.Contains(content, "why") {
			if err == nil || !strings.HasPrefix(err.Error(), "stdin:2:3: is not valid JSON") {
				t.Errorf("%q: got %v", content, err)
			}
			continue
		}
		if err != nil || len(apps) != 1 || apps[0].Name != "x" || apps[0].ConfigFile != "" {
			t.Errorf("%q: got %+v, %v", content, apps, err)
		}
	}
}

func TestOnly(t *testing.T) {
	c := testCaller(t)
	path := write(t, c, "a.json", `[{"script":"run.sh"},{"script":"other.sh","name":"b"}]`)
	got, _ := load(t, c, path, config.LoadOptions{Only: []string{"run"}})
	if len(got) != 1 || got[0].Name != "run" {
		t.Errorf("got %+v", got)
	}
	_, _, err := config.Load(path, nil, config.LoadOptions{Only: []string{"c"}})
	if err == nil || err.Error() != path+`: has no app "c" (run, b)` {
		t.Errorf("got %v", err)
	}
}

func TestFlagsWinOverTheFile(t *testing.T) {
	c := testCaller(t)
	path := write(t, c, "etc/a.json", `{"script":"../run.sh","name":"a","max":3,"env":{"A":1,"B":1},"out_file":"o","restart":"never","limit":{"core":1}}`)
	apps, _, err := config.Load(path, nil, config.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	over := settings(t, "max=0", "env=A=2", "err-file=e", "restart=always", "limit=core=2")
	over.Script = ""
	apps[0].Merge(over)
	spec, err := apps[0].Spec(c)
	if err != nil {
		t.Fatal(err)
	}
	if spec.Name != "a" || spec.Policy.MaxRuns != 0 || spec.Policy.Restart != "always" || !slices.Contains(spec.Env, "A=2") || !slices.Contains(spec.Env, "B=1") {
		t.Errorf("got %+v", spec)
	}
	if out := spec.Output; out.OutFile != filepath.Join(c.Cwd, "etc/o") || out.ErrFile != filepath.Join(c.Cwd, "e") {
		t.Errorf("paths of a file start there, those of flags at the caller: %+v", out)
	}
	if spec.Cwd != filepath.Join(c.Cwd, "etc") || spec.Limits[1].Soft != 2 {
		t.Errorf("got %+v", spec)
	}
}

// What Spec finds wrong is told with its place, unless a flag brought it.
func TestSpecErrorsNameTheFile(t *testing.T) {
	c := testCaller(t)
	content := "name: web\nscript: gone.js\ncwd: nowhere\nenvFile: missing\n"
	path := write(t, c, "a.yaml", content)
	apps, _, err := config.Load(path, nil, config.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	app := apps[0]
	expect := func(want string) {
		t.Helper()
		_, err := app.Spec(c)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	expect(path + `:4:10: app "web": env-file "` + filepath.Join(c.Cwd, "missing") + `" cannot be read`)
	app.Env = nil
	expect(path + `:2:9: app "web": "gone.js" was not found`)
	app.Script = filepath.Join(c.Cwd, "run.sh")
	expect(path + `:3:6: app "web": cwd cannot be `)
	app.Merge(setting(t, "cwd", "elsewhere"))
	expect(`--cwd cannot be `)
	var missing *program.Error
	if _, err := apps[0].Spec(c); errors.As(err, &missing) {
		t.Errorf("the environment is read first, got %v", err)
	}
}

func TestIsConfigFile(t *testing.T) {
	for _, name := range []string{"a.json", "A.JSON", "x/a.yaml", "a.yml", "a.toml", "ecosystem.config.js", "ecosystem.js", "pm2.config.cjs", "a.config.mjs", "Procfile", "x/Procfile.dev", "-"} {
		if !config.IsConfigFile(name) {
			t.Errorf("%s is a config file", name)
		}
	}
	for _, name := range []string{"server.js", "package.json", "x/package.json", "a", "config.ts", "config.js", "config/", "json", "procfile.js"} {
		if config.IsConfigFile(name) {
			t.Errorf("%s is no config file", name)
		}
	}
}
