package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/client"
	"forever/internal/render"
	"forever/internal/wire"
)

func done(did, app string, id, pid int) wire.Event {
	return wire.Event{Type: wire.EventResult, Did: did, App: app, ID: id, Instance: -1, PID: pid}
}

func missed(code, message, hint string) wire.Event {
	return wire.Event{Type: wire.EventResult, Instance: -1, Err: &wire.Error{Code: code, Message: message, Hint: hint}}
}

func TestResultsAndExitCodes(t *testing.T) {
	noWeb := missed(wire.CodeNoTarget, `no app "web"`, "forever list")
	cases := []struct {
		name string
		args string
		fake *fake
		want ran
		asks string
	}{
		{"stopped", "stop web db", &fake{events: []wire.Event{done("stopped", "web", 0, 0), done("stopped", "db", 3, 0)}},
			ran{0, "forever: stopped \"web\" (id 0)\nforever: stopped \"db\" (id 3)\n", ""}, "stop"},
		{"one of two is not there", "stop web db", &fake{events: []wire.Event{noWeb, done("stopped", "db", 3, 0)}},
			ran{1, "forever: stopped \"db\" (id 3)\n", "forever: error: no app \"web\"\nforever: hint: forever list\n"}, "stop"},
		{"silent", "-s restart db", &fake{events: []wire.Event{done("restarted", "db", 3, 7)}}, ran{0, "", ""}, "restart"},
		{"silent with an error", "restart -s web", &fake{events: []wire.Event{noWeb}},
			ran{1, "", "forever: error: no app \"web\"\nforever: hint: forever list\n"}, "restart"},
		{"stopall with nothing", "stopall", &fake{}, ran{0, "forever: no apps\n", ""}, "stop"},
		{"an instance", "restart web:1", &fake{events: []wire.Event{{Type: wire.EventResult, Did: "restarted", App: "web", ID: 2, Instance: 1, PID: 9}}},
			ran{0, "forever: restarted \"web:1\" (id 2, pid 9)\n", ""}, "restart"},
		{"a message", "delete web", &fake{events: []wire.Event{{Type: wire.EventResult, Did: "deleted", App: "web", Instance: -1, Message: "it was stopped already"}}},
			ran{0, "forever: deleted \"web\" (id 0): it was stopped already\n", ""}, "delete"},
		{"a warning", "stop web", &fake{events: []wire.Event{{Type: wire.EventWarning, Message: "state file was damaged"}, done("stopped", "web", 0, 0)}},
			ran{0, "forever: stopped \"web\" (id 0)\n", "forever: warning: state file was damaged\n"}, "stop"},
		{"the call itself fails", "stop web", &fake{err: errors.New("connect: refused.")}, ran{1, "", "forever: error: connect: refused\n"}, "stop"},
		{"the supervisor refuses", "stop web", &fake{err: &wire.Error{Code: wire.CodeUsage, Message: "bad request"}}, ran{2, "", "forever: error: bad request\n"}, "stop"},
		{"kill", "kill", &fake{events: []wire.Event{done("stopped", "web", 0, 0)}}, ran{0, "forever: stopped \"web\" (id 0)\nforever: nothing of forever runs any more\n", ""}, "kill"},
		{"ping", "ping", &fake{ping: wire.Ping{Version: "1", API: 1, Root: "/r", SupervisorPID: 5, ShimPID: 4, Apps: 1}},
			ran{0, "forever: supervisor 5 (version 1, api 1), shim 4, 1 app, root /r\n", ""}, ""},
		{"update with nobody", "update", &fake{err: client.ErrNoSupervisor},
			ran{0, "forever: no supervisor is running; the next start takes this binary\n", ""}, "update"},
		{"signal", "signal hup web", &fake{events: []wire.Event{done("signalled", "web", 0, 8)}}, ran{0, "forever: signalled \"web\" (id 0, pid 8)\n", ""}, "signal"},
		{"no such signal", "signal hop web", &fake{}, ran{2, "", "forever: error: there is no signal \"hop\" (HUP, INT, TERM, USR1 and USR2 are usual)\n"}, ""},
		{"no target", "stop", &fake{}, ran{2, "", "forever: error: stop needs at least one TARGET\nforever: hint: forever help stop\n"}, ""},
		{"too many words", "list web", &fake{}, ran{2, "", "forever: error: list takes no arguments\nforever: hint: forever help list\n"}, ""},
		{"an empty list", "list", &fake{}, ran{0, "forever: no apps\n", ""}, ""},
		{"an empty list as JSON", "list --json", &fake{}, ran{0, "[]\n", ""}, ""},
		{"a bad order", "list --sort memry", &fake{}, ran{2, "", "forever: error: option --sort: unknown field \"memry\"\nforever: hint: did you mean memory?\n"}, ""},
		{"a bad state file", "list", &fake{appsErr: errors.New("state.json:3: unexpected end")}, ran{1, "", "forever: error: state.json:3: unexpected end\n"}, ""},
		{"no logs", "logs", &fake{}, ran{0, "", "forever: no apps\n"}, ""},
		{"both streams", "logs --out --err", &fake{}, ran{2, "", "forever: error: --out and --err exclude each other\nforever: hint: without either both are shown\n"}, ""},
		{"a wrong number", "logs -n x", &fake{}, ran{2, "", "forever: error: option --number wants a whole number from 0, or all, not \"x\"\n"}, ""},
		{"logs of nobody", "logs web", &fake{}, ran{1, "", "forever: error: no app \"web\"\nforever: hint: forever list\n"}, ""},
		{"a wrong duration", "stop --kill-timeout soon web", &fake{},
			ran{2, "", "forever: error: --kill-timeout wants a duration such as 500ms, 2s or 1m30s (a bare number is milliseconds), not \"soon\"\n"}, ""},
		{"an empty root", "--root= list", &fake{}, ran{2, "", "forever: error: --root needs the name of a folder\n"}, ""},
		{"a shell nobody knows", "completion tcsh", &fake{}, ran{2, "", "forever: error: no completion for \"tcsh\"; there is one for bash, zsh and fish\nforever: hint: forever completion bash\n"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.fake.forever(t, strings.Fields(c.args)...)
			if got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
			if asked := strings.Join(c.fake.asked, " "); asked != c.asks {
				t.Errorf("asked %q, want %q", asked, c.asks)
			}
		})
	}
}

// stdout and stderr are one terminal: a result must not stand behind the
// progress line.
func TestProgressGivesWayToResults(t *testing.T) {
	var b bytes.Buffer
	s := &session{out: render.Fixed(&b, 80, false), err: render.Fixed(&b, 80, false)}
	o := &outcome{s: s, doing: "stopping", total: 2}
	o.progress()
	o.event(done("stopped", "a", 0, 0))
	o.event(done("stopped", "b", 1, 0))
	if err := o.end(nil); err != nil {
		t.Error(err)
	}
	want := "\rstopping 1 of 2…\x1b[K\r\x1b[Kforever: stopped \"a\" (id 0)\n" +
		"\rstopping 2 of 2…\x1b[K\r\x1b[Kforever: stopped \"b\" (id 1)\n"
	if b.String() != want {
		t.Errorf("\n got %q\nwant %q", b.String(), want)
	}
}

func TestNoSupervisorIsAnErrorOfPing(t *testing.T) {
	r := (&fake{err: client.ErrNoSupervisor}).forever(t, "ping")
	if r.code != codeFailed || !strings.HasPrefix(r.errOut, "forever: error: no supervisor is running in /") {
		t.Errorf("%+v", r)
	}
}

func TestWhatStopAsksFor(t *testing.T) {
	f := &fake{}
	f.forever(t, "stop", "web", "--kill-timeout", "0", "--killSignal=int", "db")
	r := f.acts[0]
	if r.TimeoutMS == nil || *r.TimeoutMS != 0 || r.Signal != "SIGINT" || strings.Join(r.Targets, " ") != "web db" || r.Cwd == "" {
		t.Errorf("%+v", r)
	}
	f.forever(t, "restart", "all", "--update-env", "--wait=2s")
	if r := f.acts[1]; len(r.Env) == 0 || r.WaitMS != 2000 || r.TimeoutMS != nil {
		t.Errorf("%+v", r)
	}
	f.forever(t, "restart", "all", "--wait")
	if r := f.acts[2]; len(r.Env) != 0 || r.WaitMS != -1 {
		t.Errorf("%+v", r)
	}
}

func TestStart(t *testing.T) {
	f := &fake{events: []wire.Event{done("started", "web", 0, 4242)}}
	path := script(t, "web.sh")
	r := f.forever(t, "start", "--max", "3", "--wait=1s", "--force", path, "--max", "x y")
	if r != (ran{0, "forever: started \"web\" (id 0, pid 4242)\n", ""}) {
		t.Errorf("%+v", r)
	}
	s := f.start.Specs[0]
	if !f.start.Force || f.start.WaitMS != 1000 || s.Name != "web" || s.Policy.MaxRuns != 3 || strings.Join(s.Args, "|") != "--max|x y" || s.Typed != path || s.Foreground {
		t.Errorf("%+v", f.start)
	}
}

func TestStartOfOneThatDiesShowsItsLastLines(t *testing.T) {
	ev := missed(wire.CodeDied, `app "web": exit code 1 after 20ms`, "forever logs web")
	ev.Lines = []string{"boom\x1b[2J", "  at line 3"}
	r := (&fake{events: []wire.Event{ev}}).forever(t, "start", script(t, "web.sh"))
	want := ran{1, "", "forever: error: app \"web\": exit code 1 after 20ms\n    boom\x1b[2J\n      at line 3\nforever: hint: forever logs web\n"}
	if r != want {
		t.Errorf("\n got %+v\nwant %+v", r, want)
	}
}

func TestStartOfNoProgram(t *testing.T) {
	f := &fake{}
	if r := f.forever(t, "start", "/nowhere/nosuch"); r.code != codeFailed || !strings.Contains(r.errOut, "/nowhere/nosuch") || len(f.asked) > 0 {
		t.Errorf("%+v, asked %q", r, f.asked)
	}
}

// The name or id of a stopped app starts it again, as it was; a program of
// that name is meant where settings are given.
func TestStartOfAStoppedApp(t *testing.T) {
	t.Setenv("PATH", filepath.Dir(script(t, "web")))
	stopped := wire.App{ID: 4, Name: "web", Desired: wire.DesiredStopped}
	running := wire.App{ID: 5, Name: "db", Desired: wire.DesiredRunning, Namespace: "back"}
	cases := []struct{ args, asks, targets string }{
		{"start web", "start", "web"},
		{"start 4", "start", "4"},
		{"start 4 web", "start", "4 web"},
		{"start --wait web", "start", "web"},
		{"start --max 3 web", "start", ""}, // a program with settings of its own
		{"start web --port 80", "start", ""},
		{"start db", "start", "db"}, // no program: the supervisor says that it runs
		{"start back", "start", "back"},
		{"start 5", "start", "5"},
		{"start nosuch", "", ""},
		{"start --max 3 db", "", ""},
	}
	for _, c := range cases {
		f := &fake{apps: []wire.App{stopped, running}}
		f.forever(t, strings.Fields(c.args)...)
		targets := ""
		if len(f.acts) > 0 {
			targets = strings.Join(f.acts[0].Targets, " ")
		}
		if asked := strings.Join(f.asked, " "); asked != c.asks || targets != c.targets {
			t.Errorf("%s: asked %q for %q, want %q for %q", c.args, asked, targets, c.asks, c.targets)
		}
	}
}

func TestStartOfAConfigFile(t *testing.T) {
	dir := t.TempDir()
	program := script(t, "web.sh")
	file := filepath.Join(dir, "apps.yaml")
	text := "apps:\n- name: one\n  script: " + program + "\n- name: two\n  script: " + program + "\n  max: 2\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	if r := f.forever(t, "start", file, "--max", "7"); r.code != codeDone || len(f.start.Specs) != 2 || f.start.Specs[1].Policy.MaxRuns != 7 || f.start.Specs[1].ConfigFile != file {
		t.Errorf("%+v\n%+v", r, f.start)
	}
	if r := f.forever(t, "start", file, "--only", "two"); r.code != codeDone || len(f.start.Specs) != 1 || f.start.Specs[0].Name != "two" {
		t.Errorf("%+v\n%+v", r, f.start)
	}
	if r := f.forever(t, "start", file, program); r.code != codeUsage || !strings.Contains(r.errOut, "is no config file") {
		t.Errorf("%+v", r)
	}
	if r := f.forever(t, "start", "--only", "two", program); r.code != codeUsage {
		t.Errorf("%+v", r)
	}
	if err := os.WriteFile(file, []byte("script: x\nrestart: allways\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = &fake{}
	if r := f.forever(t, "start", file); r.code != codeFailed || !strings.Contains(r.errOut, "apps.yaml:2:") || len(f.asked) > 0 {
		t.Errorf("%+v, asked %q", r, f.asked)
	}
}

func TestListAsJSON(t *testing.T) {
	f := &fake{apps: []wire.App{{Name: "a<b>", Instances: []wire.Instance{{Status: wire.Online}}}}}
	r := f.forever(t, "list", "--json")
	order := []string{`"id"`, `"name": "a<b>"`, `"namespace"`, `"uid"`, `"status"`, `"mode"`, `"script"`, `"interpreter"`, `"args": []`, `"cwd"`,
		`"restarts"`, `"desired"`, `"created_at"`, `"out_file"`, `"err_file"`, `"pid_file"`, `"instances"`, `"index"`, `"pid"`, `"status"`,
		`"restarts"`, `"uptime_ms"`, `"cpu_percent"`, `"memory_bytes"`, `"ports": []`, `"last_exit": null`, `"next_try_ms"`}
	rest := r.out
	for _, field := range order {
		_, after, ok := strings.Cut(rest, field)
		if !ok {
			t.Fatalf("%s is missing, or out of order, in %s", field, r.out)
		}
		rest = after
	}
	var apps []wire.App
	if err := json.Unmarshal([]byte(r.out), &apps); err != nil || len(apps) != 1 {
		t.Errorf("%v: %s", err, r.out)
	}
}

func TestSort(t *testing.T) {
	apps := []wire.App{
		{ID: 0, Name: "b", Restarts: 5, Instances: []wire.Instance{{MemoryBytes: 10}, {MemoryBytes: 10}}},
		{ID: 1, Name: "a", Restarts: 5, Instances: []wire.Instance{{MemoryBytes: 15}}},
		{ID: 2, Name: "c", Restarts: 1},
	}
	for by, want := range map[string]string{"": "bac", "name": "abc", "name:desc": "cba", "memory:desc": "bac", "memory": "cab", "restarts": "cba", "restarts:desc": "bac", "id:desc": "cab"} {
		f := &fake{apps: apps}
		r := f.forever(t, "list", "--json", "--sort", by)
		var got []wire.App
		if err := json.Unmarshal([]byte(r.out), &got); err != nil {
			t.Fatalf("%s: %v", by, err)
		}
		names := ""
		for _, a := range got {
			names += a.Name
		}
		if names != want {
			t.Errorf("--sort %s: %s, want %s", by, names, want)
		}
	}
}

func TestDescribeHidesTheEnvironment(t *testing.T) {
	f := &fake{apps: []wire.App{{Name: "web", Instances: []wire.Instance{{Index: 0}, {Index: 1}}, Spec: &wire.Spec{Env: []string{"SECRET=1"}}}}}
	for _, args := range []string{"describe web", "show web --json", "info web:1"} {
		if r := f.forever(t, strings.Fields(args)...); r.code != codeDone || strings.Contains(r.out, "SECRET") || !strings.Contains(r.out, "web") {
			t.Errorf("%s: %+v", args, r)
		}
		f.apps[0].Spec.Env = []string{"SECRET=1"}
	}
	if r := f.forever(t, "describe", "--env", "web"); !strings.Contains(r.out, "SECRET=1") {
		t.Errorf("%+v", r)
	}
	r := f.forever(t, "describe", "web:1", "nosuch")
	if r.code != codeFailed || strings.Contains(r.out, "web:0") || !strings.Contains(r.out, "web:1") || !strings.Contains(r.errOut, `no app "nosuch"`) {
		t.Errorf("%+v", r)
	}
}

func TestLogs(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := []wire.Instance{{}}
	web := wire.App{Name: "web", OutFile: file("o", "1\n2\n3\n"), ErrFile: file("e", "bad\n"), Instances: one}
	db := wire.App{ID: 1, Name: "postgres", OutFile: file("p", "ready\n"), ErrFile: filepath.Join(dir, "not there"), Instances: one}
	file("w-out-0.log", "zero\n")
	file("w-out-1.log", "one\n")
	two := wire.App{ID: 2, Name: "w", OutFile: filepath.Join(dir, "w-out-0.log"), Instances: []wire.Instance{{}, {Index: 1}}}
	cases := []struct{ args, want string }{
		{"logs w --nostream", "w:0 | zero\nw:1 | one\n"},
		{"logs w:1 --nostream", "one\n"},
		{"logs web -n 2 --nostream", "2\n3\nbad\n"},
		{"logs web --err --nostream", "bad\n"},
		{"logs --nostream --lines=1", "web      | 3\nweb      ! bad\npostgres | ready\n"},
		{"logs --raw --nostream -n1 --out", "3\nready\n"},
		{"logs --json --nostream -n 1 web --out", `{"app":"web","id":0,"instance":0,"stream":"out","text":"3"}` + "\n"},
		{"logs -n all --out --nostream web", "1\n2\n3\n"},
	}
	for _, c := range cases {
		f := &fake{apps: []wire.App{web, db, two}}
		if strings.Contains(c.args, "logs --") {
			f.apps = f.apps[:2]
		}
		if r := f.forever(t, strings.Fields(c.args)...); r != (ran{0, c.want, ""}) {
			t.Errorf("%s\n got %+v\nwant %+v", c.args, r, c.want)
		}
	}
}

// allActions are the names that completion offers for the first word.
func allActions() string {
	var names []string
	for _, cmd := range commands() {
		if !cmd.hidden {
			names = append(names, cmd.name)
		}
	}
	return strings.Join(names, " ")
}

func TestCompletion(t *testing.T) {
	f := &fake{apps: []wire.App{{Name: "web", Status: "online"}, {Name: "worker"}, {Name: "db"}}}
	cases := []struct{ words, want string }{
		{"|", allActions()},
		{"sto", "stop stopall"},
		{"stop|w", "web worker"},
		{"stop|web|", "web worker db"},
		{"start|we", "web"},
		{"start|./we", ""},
		{"list|--so", "--sort"},
		{"list|--sort|mem", "memory"},
		{"start|--restart|", "on-failure always never"},
		{"start|--name|", ""},
		{"start|--restart|=", "on-failure always never"},
		{"start|--restart|=|al", "always"},
		{"help|rest", "restart restartall"},
		{"completion|", "bash zsh fish"},
		{"--ro", "--root"},
	}
	for _, c := range cases {
		words := strings.Split(strings.TrimSuffix(c.words, "|"), "|")
		if c.words != "|" && strings.HasSuffix(c.words, "|") {
			words = append(words, "")
		}
		r := f.forever(t, append([]string{"__complete", "--"}, words...)...)
		var got []string
		for line := range strings.Lines(r.out) {
			word, _, _ := strings.Cut(line, "\t")
			got = append(got, word)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.words, got, c.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r := f.forever(t, "completion", shell); r.code != codeDone || !strings.Contains(r.out, "forever __complete -- ") {
			t.Errorf("%s: %+v", shell, r)
		}
	}
}

func TestRootFolder(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	t.Setenv("FOREVER_ROOT", "")
	for option, want := range map[string]string{"": "/home/me/.forever", "/x/../y": "/y"} {
		if got, err := rootFolder(option); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", option, got, err, want)
		}
	}
	t.Setenv("FOREVER_ROOT", "/env")
	if got, err := rootFolder(""); err != nil || got != "/env" {
		t.Errorf("%q, %v", got, err)
	}
}
