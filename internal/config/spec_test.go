package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"forever/internal/config"
	"forever/internal/program"
	"forever/internal/wire"
)

func TestDefaults(t *testing.T) {
	c := testCaller(t)
	got, err := (&config.Settings{Script: "run"}).Spec(c)
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Spec{
		Name: "run", Namespace: "default", Typed: "run",
		Script: filepath.Join(c.Cwd, "run.js"), Interpreter: filepath.Join(c.Cwd, "bin/node"),
		Cwd: c.Cwd, Env: c.Env, Umask: 0o022, Limits: c.Limits, Own: &wire.Own{}, Instances: 1,
		Channel: true, Policy: wire.Policy{Restart: "on-failure", MinUptimeMS: 1000, BackoffMinMS: 100, BackoffMaxMS: 30000, ListenTimeout: 30000},
		Stop: wire.Stop{Signal: "SIGTERM", TimeoutMS: 10000},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Each case says what an option makes of the spec, in one part of it.
func TestWhatOptionsMean(t *testing.T) {
	tests := []struct {
		pairs []string
		part  func(wire.Spec) any
		want  any
	}{
		{[]string{"exp-backoff-restart-delay=50"}, backoff, [2]int64{50, 15000}},
		{[]string{"exp-backoff-restart-delay=20s"}, backoff, [2]int64{20000, 20000}},
		{[]string{"spin-sleep-time=2000"}, backoff, [2]int64{2000, 2000}},
		{[]string{"spin-sleep-time=2000", "backoff=1s..1m"}, backoff, [2]int64{1000, 60000}},
		{[]string{"autorestart=false"}, restart, "never"},
		{[]string{"autorestart=true"}, restart, "always"},
		{[]string{"autorestart=false", "restart=always"}, restart, "always"},
		{[]string{"instances=max"}, instances, [2]any{4, true}},
		{[]string{"instances=0"}, instances, [2]any{4, true}},
		{[]string{"instances=-1"}, instances, [2]any{3, true}},
		{[]string{"instances=-9"}, instances, [2]any{1, true}},
		{[]string{"instances=2", "exec-mode=fork"}, instances, [2]any{2, false}},
		{[]string{"exec-mode=cluster_mode"}, instances, [2]any{1, true}},
		{[]string{"kill-signal=usr2"}, signal, "SIGUSR2"},
		{[]string{"kill-signal=2"}, signal, "SIGINT"},
		{[]string{"kill-tree=true"}, signal, "SIGTERM"},
		{[]string{"append=true"}, truncates, false},
		{[]string{"append=false"}, truncates, true},
		{[]string{"disable-logs=true", "out-file=x"}, output, wire.Output{OutFile: os.DevNull, ErrFile: os.DevNull}},
		{[]string{"out-file=o", "err-file=/e"}, output, wire.Output{OutFile: "DIR/o", ErrFile: "/e"}},
		{[]string{"log-max-size=0", "log-max-files=0"}, output, wire.Output{MaxSize: -1, MaxFiles: -1}},
		{[]string{"log-max-size=1M", "log-max-files=3", "log-rotate-every=1h"}, output, wire.Output{MaxSize: 1 << 20, MaxFiles: 3, RotateMS: 3600000}},
		{[]string{"time=true"}, output, wire.Output{Time: "YYYY-MM-DDTHH:mm:ss"}},
		{[]string{"log-date-format=HH:mm"}, output, wire.Output{Time: "HH:mm"}},
		{[]string{"log-date-format=HH:mm", "time=false"}, output, wire.Output{}},
		{[]string{"log-type=json", "merge-logs=true"}, output, wire.Output{Type: "json", Merge: true}},
		{[]string{"log-type=raw"}, output, wire.Output{}},
		{[]string{"log-file=l"}, output, wire.Output{File: "DIR/root/l"}},
		{[]string{"log-file=./l"}, output, wire.Output{File: "DIR/l"}},
		{[]string{"log-file=~/l"}, output, wire.Output{File: "DIR/l"}},
		{[]string{"pid-file=p"}, pidFile, "DIR/root/pids/p"},
		{[]string{"pid-file=../p"}, pidFile, "UP/p"},
		{[]string{"success-exit-codes=3", "success-exit-codes=4, 5"}, codes, []int{4, 5}},
		{[]string{"limit=nofile=10:20", "limit=core=unlimited"}, limits, []wire.Limit{{Resource: 7, Soft: 10, Hard: 20}, {Resource: 4, Soft: 1<<64 - 1, Hard: 1<<64 - 1}}},
		{[]string{"limit=rlimit_nofile=10", "limit=stack=8M"}, limits, []wire.Limit{{Resource: 7, Soft: 10, Hard: 10}, {Resource: 3, Soft: 8 << 20, Hard: 8 << 20}}},
		{[]string{"cwd=sub"}, places, [2]string{"DIR/run.sh", "DIR/sub"}},
		{[]string{"source-dir=sub"}, places, [2]string{"DIR/sub/run.sh", "DIR/sub"}},
		{[]string{"source-dir=sub", "cwd=bin"}, places, [2]string{"DIR/sub/run.sh", "DIR/bin"}},
		{[]string{"env=A=1", "env=B=x=y", "env=A=2"}, env, []string{"A=2", "B=x=y"}},
		{[]string{"env=V=2", "env-file=vars"}, env, []string{"A=0", "V=1"}}, // two sources: the later wins
		{[]string{"cwd=sub"}, pwd, "PWD=DIR/sub"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.pairs, " "), func(t *testing.T) {
			c := testCaller(t)
			s := settings(t, test.pairs...)
			spec, err := s.Spec(c)
			if err != nil {
				t.Fatal(err)
			}
			if got := inDir(test.part(spec), c.Cwd); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func backoff(s wire.Spec) any   { return [2]int64{s.Policy.BackoffMinMS, s.Policy.BackoffMaxMS} }
func restart(s wire.Spec) any   { return s.Policy.Restart }
func codes(s wire.Spec) any     { return s.Policy.SuccessCodes }
func instances(s wire.Spec) any { return [2]any{s.Instances, s.Cluster} }
func signal(s wire.Spec) any    { return s.Stop.Signal }
func truncates(s wire.Spec) any { return s.Output.Truncate }
func output(s wire.Spec) any    { return s.Output }
func pidFile(s wire.Spec) any   { return s.PidFile }
func limits(s wire.Spec) any    { return s.Limits }
func places(s wire.Spec) any    { return [2]string{s.Script, s.Cwd} }
func env(s wire.Spec) any       { return s.Env[3:] }
func pwd(s wire.Spec) any       { return s.Env[2] }

// inDir writes DIR for the test's folder and UP for the one above.
func inDir(value any, dir string) any {
	short := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, dir, "DIR"), filepath.Dir(dir)+"/", "UP/")
	}
	switch v := value.(type) {
	case string:
		return short(v)
	case [2]string:
		return [2]string{short(v[0]), short(v[1])}
	case wire.Output:
		v.OutFile, v.ErrFile, v.File = short(v.OutFile), short(v.ErrFile), short(v.File)
		return v
	}
	return value
}

// Within one command line a variable wins over a file of them, whatever comes first.
func TestEnvWinsOverEnvFile(t *testing.T) {
	var s config.Settings
	for _, pair := range []string{"env=V=2", "env-file=vars"} {
		name, value, _ := strings.Cut(pair, "=")
		o, _ := config.Lookup(name)
		if err := o.Set(&s, value); err != nil {
			t.Fatal(err)
		}
	}
	s.Script = "run.sh"
	spec, err := s.Spec(testCaller(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(spec.Env, "V=2") {
		t.Errorf("got %q", spec.Env)
	}
}

// On one command line, what may be repeated adds up.
func TestRepeatedFlagsAddUp(t *testing.T) {
	var s config.Settings
	for _, pair := range []string{"interpreter-args=-a", "interpreter-args=-b 'c d'", "success-exit-codes=1", "success-exit-codes=2,3"} {
		name, value, _ := strings.Cut(pair, "=")
		o, _ := config.Lookup(name)
		if err := o.Set(&s, value); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(s.InterpreterArgs, []string{"-a", "-b", "c d"}) || !slices.Equal(s.SuccessCodes, []int{1, 2, 3}) {
		t.Errorf("got %q and %v", s.InterpreterArgs, s.SuccessCodes)
	}
}

func TestMergeLeavesItsSourcesAlone(t *testing.T) {
	base := settings(t, "env=A=1", "limit=core=0")
	one, two := base, base
	one.Merge(settings(t, "env=B=1", "limit=cpu=1"))
	two.Merge(settings(t, "env=C=1", "limit=cpu=2"))
	if one.Env[1].Name != "B" || two.Env[1].Name != "C" || len(base.Env) != 1 || one.Limits[1] == two.Limits[1] {
		t.Errorf("one %+v, two %+v, base %+v", one, two, base)
	}
}

func TestWait(t *testing.T) {
	for value, want := range map[string]int64{"true": -1, "false": 0, "2s": 2000, "0": 0} {
		s := settings(t, "wait="+value)
		if got := s.WaitMS(); got != want {
			t.Errorf("wait=%s: got %d, want %d", value, got, want)
		}
	}
}

func TestSpecErrors(t *testing.T) {
	tests := []struct {
		script string
		pairs  []string
		want   string
	}{
		{"", nil, "no program was named"},
		{"gone.js", nil, `"gone.js" was not found`},
		{"run.sh", []string{"cwd=gone"}, "--cwd cannot be DIR/gone: no such file or directory"},
		{"run.sh", []string{"cwd=vars"}, "--cwd cannot be DIR/vars: it is not a folder"},
		{"run.sh", []string{"source-dir=gone"}, `"run.sh" was not found`},
		{"run.sh", []string{"env-file=gone"}, `--env-file "DIR/gone" cannot be read: no such file or directory`},
		{"run.sh", []string{"env-file=bin/node"}, `DIR/bin/node:1:1: wants NAME=VALUE`},
		{"run.sh", []string{"env=production"}, "--env NAME chooses the env_NAME of a config file; a variable is written production=VALUE"},
		{"run.sh", []string{"command=none"}, `"DIR/run.sh" has no execute permission`},
	}
	for _, test := range tests {
		c := testCaller(t)
		s := settings(t, test.pairs...)
		s.Script = test.script
		_, err := s.Spec(c)
		if err == nil || !strings.HasPrefix(inDir(err.Error(), c.Cwd).(string), test.want) {
			t.Errorf("%s %q: got %v, want %s", test.script, test.pairs, err, test.want)
		}
	}
}

func TestSpecKeepsTheProgramsError(t *testing.T) {
	_, err := (&config.Settings{Script: "gone"}).Spec(testCaller(t))
	var missing *program.Error
	if !errors.As(err, &missing) || missing.Exit != program.ExitNotFound {
		t.Errorf("got %v", err)
	}
}

// What a program is called must be a name that commands can take.
func TestDefaultNames(t *testing.T) {
	c := testCaller(t)
	for file, want := range map[string]string{
		"all.js": "app", "[id].js": "id-", "a:1.js": "a-1", "-x.js": "x", strings.Repeat("ä", 100) + ".js": strings.Repeat("ä", 64),
	} {
		if err := os.WriteFile(filepath.Join(c.Cwd, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		spec, err := (&config.Settings{Script: file}).Spec(c)
		if err != nil || spec.Name != want {
			t.Errorf("%s: got %q, %v; want %q", file, spec.Name, err, want)
		}
	}
}
