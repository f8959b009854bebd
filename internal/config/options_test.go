package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"forever/internal/config"
	"forever/internal/wire"
)

func TestEveryOptionIsWhole(t *testing.T) {
	for _, o := range config.Options() {
		if o.Usage == "" || o.Category == "" || o.Set == nil {
			t.Errorf("%s: usage, category or Set is missing", o.Name)
		}
		if (o.Placeholder == "") != (o.Kind == config.Bool) {
			t.Errorf("%s: placeholder %q for its kind", o.Name, o.Placeholder)
		}
		if (len(o.Values) > 0) != (o.Kind == config.Enum) {
			t.Errorf("%s: values %q for its kind", o.Name, o.Values)
		}
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if config.Kebab(name) != name {
				t.Errorf("%s: %q is not kebab-case", o.Name, name)
			}
		}
	}
}

// No spelling may mean two options, on a command line or in a file.
func TestOptionNamesAreUnique(t *testing.T) {
	owner := map[string]string{}
	for _, o := range config.Options() {
		for _, name := range append(o.Spellings(), o.Name) {
			for _, key := range []string{name, strings.ReplaceAll(name, "-", "_")} {
				if other := owner[key]; other != "" && other != o.Name {
					t.Errorf("%q is both %s and %s", key, other, o.Name)
				}
				owner[key] = o.Name
			}
		}
	}
	// Letters and words of the command line itself.
	for _, taken := range []string{"p", "path", "root", "s", "silent", "v", "verbose", "d", "debug", "plain", "colors", "json", "h", "help"} {
		if owner[taken] != "" {
			t.Errorf("%q is %s and an option of the command line", taken, owner[taken])
		}
	}
}

func TestLookupKnowsEveryWayOfWriting(t *testing.T) {
	for name, want := range map[string]string{
		"outFile": "out-file", "out_file": "out-file", "out-file": "out-file", "o": "out-file", "output": "out-file", "error_file": "err-file",
		"workingDir": "cwd", "minUptime": "min-uptime", "spinSleepTime": "spin-sleep-time", "exec_mode": "exec-mode", "nodeArgs": "interpreter-args",
		"stop_exit_codes": "success-exit-codes", "killTree": "kill-tree", "watchIgnore": "watch-ignore", "ignore_watch": "watch-ignore", "m": "max",
	} {
		if o, ok := config.Lookup(name); !ok || o.Name != want {
			t.Errorf("Lookup(%q) = %q, %v; want %q", name, o.Name, ok, want)
		}
	}
	if o, ok := config.Lookup("nonsense"); ok {
		t.Errorf("Lookup(nonsense) = %q", o.Name)
	}
}

// The contract names these; all must be known, built or not.
func TestTheContractsOptionsAreKnown(t *testing.T) {
	for _, name := range strings.Fields(`max logFile outFile errFile append command pidFile uid id sourceDir workingDir minUptime spinSleepTime
		watch watchDirectory watchIgnore killTree killSignal m l o e a c u w t
		name namespace i instances cwd env env-file interpreter interpreter-args restart autorestart success-exit-codes stop-exit-codes
		restart-delay backoff exp-backoff-restart-delay max-restarts min-uptime kill-timeout kill-signal shutdown-with-message wait-ready
		ready listen-timeout health max-memory-restart cron-restart ignore-watch watch-delay ext time log-date-format log-type merge-logs
		log-max-size log-max-files disable-logs instance-var increment-var user group umask limit nice after wait force
		script exec args exec_mode out_file error_file node_args essential`) {
		if _, ok := config.Lookup(name); !ok {
			t.Errorf("%s is not known", name)
		}
	}
}

// samples are values that differ from the default, for each option that is built.
func samples() map[string]string {
	return map[string]string{
		"script": "other.sh", "args": "a 'b c'", "command": "ruby -w", "interpreter-args": "--trace", "cwd": "sub", "source-dir": "sub",
		"name": "web", "namespace": "shop", "uid": "k3Xa", "instances": "3", "exec-mode": "cluster", "essential": "true", "force": "true",
		"env": "A=1", "env-file": "vars", "umask": "077", "user": "65534", "group": "65534", "nice": "5", "limit": "core=0", "instance-var": "SLOT", "increment-var": "PORT",
		"restart": "always", "autorestart": "false", "max": "3", "max-restarts": "4", "min-uptime": "2s", "backoff": "1s..2s",
		"exp-backoff-restart-delay": "50", "spin-sleep-time": "3s", "restart-delay": "10", "success-exit-codes": "3,4",
		"watch": "true", "watch-directory": "sub", "watch-ignore": "*.log", "watch-delay": "1s", "ext": "js,mjs",
		"max-memory-restart": "300M", "cron-restart": "0 3 * * *",
		"kill-signal": "INT", "shutdown-with-message": "true", "kill-timeout": "1m", "out-file": "o.log", "err-file": "e.log", "log-file": "l.log", "append": "false",
		"disable-logs": "true", "log-max-size": "1M", "log-max-files": "0", "log-rotate-every": "1d", "time": "true",
		"log-date-format": "HH:mm", "log-type": "json", "merge-logs": "true", "pid-file": "x.pid", "wait": "5s", "after": "db", "listen-timeout": "1s", "ready": "tcp:80", "wait-ready": "true",
		"health": "http:80/x", "health-interval": "1s", "health-timeout": "1s", "health-retries": "1", "health-start-period": "1s", "watchdog": "10s",
	}
}

// A flag that is parsed and changes nothing would be a lie.
func TestEveryOptionReachesTheSpec(t *testing.T) {
	values := samples()
	for _, o := range config.Options() {
		if o.Name == "kill-tree" { // it is always so
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			if (o.Name == "user" || o.Name == "group") && os.Geteuid() != 0 {
				t.Skip("only root may choose who a program runs as")
			}
			value, ok := values[o.Name]
			if !ok {
				t.Fatal("has no sample; add one")
			}
			caller := testCaller(t)
			before := config.Settings{Script: "run.sh"}
			if strings.HasPrefix(o.Name, "health-") { // they are of a check
				before = settings(t, "health=tcp:80")
			}
			after := before
			if err := o.Set(&after, value); err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(outcome(t, before, caller), outcome(t, after, caller)) {
				t.Errorf("%s=%s changes nothing", o.Name, value)
			}
			laid := before
			laid.Merge(setting(t, o.Name, value))
			if !reflect.DeepEqual(outcome(t, laid, caller), outcome(t, after, caller)) {
				t.Errorf("%s=%s is lost by Merge", o.Name, value)
			}
		})
	}
}

// result is everything that a start is made of.
type result struct {
	spec  wire.Spec
	force bool
	wait  int64
}

func outcome(t *testing.T, s config.Settings, c config.Caller) result {
	t.Helper()
	spec, err := s.Spec(c)
	if err != nil {
		t.Fatal(err)
	}
	return result{spec, s.Forced(), s.WaitMS()}
}

func setting(t *testing.T, name, value string) config.Settings {
	t.Helper()
	var s config.Settings
	o, ok := config.Lookup(name)
	if !ok {
		t.Fatalf("no option %s", name)
	}
	if err := o.Set(&s, value); err != nil {
		t.Fatalf("%s=%s: %v", name, value, err)
	}
	return s
}

// settings are made of NAME=VALUE pairs, as a command line would.
func settings(t *testing.T, pairs ...string) config.Settings {
	t.Helper()
	s := config.Settings{Script: "run.sh"}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		s.Merge(setting(t, name, value))
	}
	return s
}

// testCaller stands in a folder with a few scripts and has all interpreters it needs on its PATH.
func testCaller(t *testing.T) config.Caller {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"run.sh": "", "other.sh": "", "run.js": "", "sub/run.sh": "", "sub/only.sh": "", "vars": "V=1\n",
		"bin/bash": "\x7fELF", "bin/node": "\x7fELF", "bin/ruby": "\x7fELF",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "bin/") {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	return config.Caller{
		Cwd: dir, Root: filepath.Join(dir, "root"), Umask: 0o022, CPUs: 4,
		Env:    []string{"PATH=" + filepath.Join(dir, "bin"), "HOME=" + dir, "PWD=" + dir, "A=0"},
		Limits: []wire.Limit{{Resource: 7, Soft: 1024, Hard: 4096}},
	}
}

func TestWrongValues(t *testing.T) {
	for pair, want := range map[string]string{
		"max=-1":                   `--max wants a whole number from 0, not "-1"`,
		"max=many":                 `--max wants a whole number from 0, not "many"`,
		"restart=allways":          `unknown restart policy "allways" (on-failure, always, never)`,
		"exec-mode=thread":         `unknown exec mode "thread" (fork, cluster)`,
		"min-uptime=soon":          `--min-uptime wants a duration such as 500ms, 2s or 1m30s (a bare number is milliseconds), not "soon"`,
		"backoff=1s":               `--backoff wants two durations such as 100ms..30s, not "1s"`,
		"backoff=2s..1s":           `--backoff starts at 2s, which is above its maximum 1s`,
		"success-exit-codes=1,300": `--success-exit-codes wants exit codes from 0 to 255, not "300"`,
		"kill-signal=SIGFOO":       `--kill-signal knows no signal "SIGFOO"`,
		"kill-tree=false":          `--kill-tree cannot be switched off`,
		"kill-tree=maybe":          `--kill-tree wants true or false, not "maybe"`,
		"append=1":                 `--append wants true or false, not "1"`,
		"instances=few":            `--instances wants a whole number, max, 0 (the same) or -1`,
		"instances=100000":         `--instances wants at most 4096`,
		"nice=20":                  `--nice wants a whole number from -20 to 19, not "20"`,
		"umask=9":                  `--umask wants an octal number from 0 to 777, not "9"`,
		"umask=1777":               `--umask wants an octal number from 0 to 777`,
		"limit=nofile":             `--limit wants NAME=SOFT[:HARD], not "nofile"`,
		"limit=files=1":            `--limit knows no limit "files"`,
		"limit=nofile=1K":          `--limit nofile wants a whole number or unlimited, not "1K"`,
		"limit=as=much":            `--limit as wants a size or unlimited, not "much"`,
		"limit=nofile=9:8":         `--limit nofile: the soft limit 9 is above the hard limit 8`,
		"env==x":                   `--env wants NAME=VALUE, not "=x"`,
		"env-file=":                `--env-file wants the name of a file, not ""`,
		"out-file=":                `--out-file wants a value, not an empty one`,
		"name=":                    `--name wants a name, not an empty one`,
		"name= ":                   `--name wants a name, not an empty one`,
		"instance-var=A=B":         `--instance-var wants the name of a variable, not "A=B"`,
		"increment-var=PORT=1":     `--increment-var wants the name of a variable, not "PORT=1"`,
		"name=a/b":                 `--name must not contain / \ * ? [ ]`,
		"name=all":                 `--name must not be "all"`,
		"name=web:2":               `--name must not end like an instance's: "web:2"`,
		"name=-x":                  `--name must not start with "-"`,
		"namespace=*":              `--namespace must not contain`,
		"uid=1000":                 `--uid is another name of the app and must not be the number 1000`,
		"args='":                   `--args cannot be split into words: a quote is never closed`,
		"wait=later":               `--wait wants a duration`,
		"health=udp:53":            `--health "udp:53": wants http:PORT/PATH, tcp:PORT or exec:COMMAND`,
		"health=tcp:80,retries=0":  `--health "tcp:80,retries=0": retries wants a number from 1 on`,
		"health-interval=0":        `--health-interval has to be longer than nothing`,
		"health-retries=0":         `--health-retries wants a whole number from 1, not "0"`,
		"health-retries=x":         `--health-retries wants a whole number from 1, not "x"`,
		"watchdog=-1s":             `--watchdog wants a duration`,
	} {
		name, value, _ := strings.Cut(pair, "=")
		o, ok := config.Lookup(name)
		if !ok {
			t.Fatalf("no option %s", name)
		}
		if err := o.Set(&config.Settings{}, value); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", pair, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"max", "max-restarts", "min-uptime", "name", "namespace", "out-file"}
	for name, want := range map[string]string{
		"maxx": "max", "max-restart": "max-restarts", "mni-uptime": "min-uptime", "nmae": "name", "namespaec": "namespace", "xyzzy": "", "": "", "o": "",
	} {
		if got := config.Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSpellings(t *testing.T) {
	o, _ := config.Lookup("cwd")
	if got := o.Spellings(); !slices.Equal(got, []string{"working-dir", "workingDir", "working-directory", "workingDirectory"}) {
		t.Errorf("got %q", got)
	}
}
