package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/config"
)

// Every kind of mistake, with the whole line that the user reads after FILE:.
func TestMistakesInFiles(t *testing.T) {
	tests := []struct{ file, content, want string }{
		{"a.yaml", "apps:\n- name: web\n  script: run.js\n  restart: allways\n", `4:12: app "web": unknown restart policy "allways" (on-failure, always, never)`},
		{"a.yaml", "script: run.js\nmax: many\n", `2:6: app "run.js": max wants a whole number from 0, not "many"`},
		{"a.yaml", "script: run.js\nuid: x\nmax_restarts: true\n", `3:15: app "x": max_restarts wants a whole number, not true`},
		{"a.yaml", "script: run.js\nminUptime: [1]\n", `2:12: app "run.js": minUptime wants a duration such as 500ms or 2s, not an array`},
		{"a.yaml", "script: run.js\nautorestart: yes\n", `2:14: app "run.js": autorestart wants true or false, not "yes"`},
		{"a.yaml", "script: run.js\nrestart: false\n", `2:10: app "run.js": restart wants one of on-failure, always, never, not false`},
		{"a.yaml", "script: run.js\ncwd: {a: 1}\n", `2:6: app "run.js": cwd wants a text, not an object`},
		{"a.yaml", "script: run.js\nenv:\n  A: 1\n  B: [x]\n", `4:6: app "run.js": env wants a text, a number, true or false for B, not an array`},
		{"a.yaml", "script: run.js\nenv:\n  A=B: 1\n", `3:3: app "run.js": env cannot use "A=B" as a name`},
		{"a.yaml", "script: run.js\nenv: production\n", `2:6: app "run.js": env wants NAME=VALUE or an object, not "production"`},
		{"a.yaml", "script: run.js\nenv_test:\n  A: {}\n", `3:6: app "run.js": env_test wants a text, a number, true or false for A, not an object`},
		{"a.yaml", "script: run.js\nstopExitCodes: [1, 300]\n", `2:16: app "run.js": stopExitCodes wants exit codes from 0 to 255, not "300"`},
		{"a.yaml", "script: run.js\nargs: [a, [b]]\n", `2:11: app "run.js": args wants a text or an array of texts, not an array`},
		{"a.yaml", "script: run.js\nargs: a 'b\n", `2:7: app "run.js": args cannot be split into words: a quote is never closed`},
		{"a.yaml", "script: run.js\nlimit: [core=1, disk=2]\n", `2:17: app "run.js": limit knows no limit "disk" (as, core`},
		{"a.yaml", "script: run.js\nwatch: [[src]]\n", `2:9: app "run.js": watch wants true or false, not an array`},
		{"a.yaml", "script: run.js\next: js,,ts\n", `2:6: app "run.js": ext wants suffixes such as js,mjs,json, not "js,,ts"`},
		{"a.yaml", "script: run.js\nnice: 40\n", `2:7: app "run.js": nice wants a whole number from -20 to 19, not "40"`},
		{"a.yaml", "script: run.js\nafter: [db, '']\n", `2:13: app "run.js": after wants a value, not an empty one`},
		{"a.yaml", "script: run.js\nmax_memory_restart: much\n", `2:21: app "run.js": max_memory_restart wants a size such as 300M, 1G or 1GiB`},
		{"a.yaml", "script: run.js\nuid: '1000'\n", `2:6: app "1000": uid is another name of the app and must not be the number 1000`},
		{"a.yaml", "script: run.js\nwatch_options: {ignored: [[]]}\n", `2:27: app "run.js": watch_options.ignored wants a text or an array of texts, not an array`},
		{"a.yaml", "script: run.js\nautostart: maybe\n", `2:12: app "run.js": autostart wants true or false, not "maybe"`},
		{"a.yaml", "script: run.js\nport: [1]\n", `2:7: app "run.js": port wants a text, a number, true or false for PORT, not an array`},
		{"a.yaml", "defaults: 1\napps: [{script: run.js}]\n", `1:11: defaults wants an object of what all apps have, not 1`},
		{"a.yaml", "defaults: {max: x}\napps: [{script: run.js}]\n", `1:17: max wants a whole number from 0, not "x"`},
		{"a.yaml", "name: web\nmax: 1\n", `1:1: app "web": script is missing`},
		{"a.yaml", "- script: run.js\n- run.js\n", `2:3: wants an app as an object, not "run.js"`},
		{"a.yaml", "apps: run.js\n", `1:7: wants an app as an object, not "run.js"`},
		{"a.yaml", "apps: []\n", `1:7: declares no app`},
		{"a.yaml", "", `1:1: declares no app`},
		{"a.yaml", "- script: a.js\n- script: b/a.js\n", `2:3: two apps are called "a"; the first is in line 1`},
		{"a.yaml", "- {script: a.js, name: x}\n- {script: b.js, name: x}\n", `2:24: two apps are called "x"; the first is in line 1`},
		{"a.yaml", "script: run.js\nscript: b.js\n", `2:1: is not valid YAML: mapping key "script" already defined at [1:1]`},
		{"a.yaml", "script: run.js\n  max: 1\n", `1:9: is not valid YAML: mapping value is not allowed in this context`},
		{"a.yaml", "script: *gone\n", `1:9: alias *gone has no anchor &gone before it`},
		{"a.yaml", "<<: 3\nscript: run.js\n", `1:5: << wants an object or an array of objects, not 3`},
		{"a.yaml", "script: a.js\n---\nscript: b.js\n", `3:1: holds a second document; write the apps as an array`},
		{"a.yaml", "a: " + strings.Repeat("[", 100), `1:68: is nested too deep`},
		{"a.yaml", strings.Repeat("- ", 100), `1:129: is nested too deep`},

		{"a.json", "{\n  \"apps\": [\n    {\"name\": \"wéb\", \"script\": \"run.js\", \"max\": -1}\n  ]\n}", `3:48: app "wéb": max wants a whole number from 0, not "-1"`},
		{"a.json", "{\"script\": \"run.js\",\n \"script\": \"b.js\"}", `2:2: "script" stands twice; the first is in line 1`},
		{"a.json", "{\"script\": \"run.js\"\n \"max\": 1}", `2:2: is not valid JSON: `},
		{"a.json", "{\"script\": ", `1:12: is not valid JSON: `},
		{"a.json", "", `1:1: is not valid JSON: `},
		{"a.json", strings.Repeat("[", 100), `1:65: is nested too deep`},
		{"a.json", "{\"a\": \"é\" 1}", `1:11: is not valid JSON: `},
		{"a.json", "[]", `1:1: declares no app`},
		{"a.json", "null", `1:1: declares no app`},
		{"a.json", `{"script":"run.js","env":{"A":1},"limit":{"core":true}}`, `1:50: app "run.js": limit core wants a size or unlimited, not "true"`},

		{"a.toml", "[[apps]]\nscript = 'run.js'\nmax = 'x'\n", `3:7: app "run.js": max wants a whole number from 0, not "x"`},
		{"a.toml", "[[apps]]\nname = 'a'\n", `1:3: app "a": script is missing`},
		{"a.toml", "script = 'run.js'\nscript = 'b'\n", `2:1: is not valid TOML: `},
		{"a.toml", "'é' = run\n", `1:7: is not valid TOML: `},
		{"a.toml", "script = run\n", `1:10: is not valid TOML: `},

		{"Procfile", "web: a\nb\n", `2:1: wants NAME: COMMAND, not "b"`},
		{"Procfile", "all: a\n", `1:1: app "all": name must not be "all", which stands for every app`},
		{"Procfile", "\n", `1:1: declares no app`},

		{"a.config.js", "module.exports = {\n  script: nothing,\n}", `2:11: ReferenceError: nothing is not defined`},
		{"a.config.js", "module.exports = {\n  script: : 1\n}", `2: SyntaxError: Unexpected token ':'`},
		{"a.config.js", "module.exports = {script: 'run.js', max: 'x'}", `1:42: app "run.js": max wants a whole number from 0, not "x"`},
		{"a.config.js", "module.exports = [{script: 'a.js'}, {script: 'a.js'}]", ` two apps are called "a"`},
		{"a.config.js", "process.exit(0)", ` ended node before it had exported anything`},
		{"b.config.mjs", "export default undefined", ` exports nothing that JSON can hold`},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			needNode(t, test.file)
			path := filepath.Join(t.TempDir(), test.file)
			if err := os.WriteFile(path, []byte(test.content), 0o644); err != nil {
				t.Fatal(err)
			}
			apps, _, err := config.Load(path, nil, config.LoadOptions{})
			var bad *config.FileError
			if !errors.As(err, &bad) {
				t.Fatalf("got %+v, %v", apps, err)
			}
			got := strings.TrimPrefix(err.Error(), path+":")
			if !strings.HasPrefix(got, test.want) || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if bad.Hint == "" || apps != nil {
				t.Errorf("hint %q, apps %v", bad.Hint, apps)
			}
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "gone.yaml")
	_, _, err := config.Load(missing, nil, config.LoadOptions{})
	if err == nil || err.Error() != missing+": no such file or directory" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	folder := filepath.Join(dir, "x.json")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := config.Load(folder, nil, config.LoadOptions{}); err == nil || err.Error() != folder+": is a directory" {
		t.Errorf("got %v", err)
	}
	if _, _, err := config.Load("a.ini", nil, config.LoadOptions{}); err == nil || !strings.HasPrefix(err.Error(), "a.ini: is no config file") {
		t.Errorf("got %v", err)
	}
	huge := strings.NewReader(strings.Repeat(" ", 2<<20))
	if _, _, err := config.Load("a.json", huge, config.LoadOptions{}); err == nil || err.Error() != "a.json: is larger than 1 MiB" {
		t.Errorf("got %v", err)
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ content, want string }{
		{"script: run.js\nnmae: x\n", `2:1: unknown key "nmae" is ignored; did you mean name?`},
		{"script: run.js\nmax_restart: 1\n", `2:1: unknown key "max_restart" is ignored; did you mean max_restarts?`},
		{"script: run.js\nmaxRestart: 1\n", `2:1: unknown key "maxRestart" is ignored; did you mean maxRestarts?`},
		{"script: run.js\ncolour: red\n", `2:1: unknown key "colour" is ignored`},
		{"script: run.js\nvizion: false\n", `2:1: vizion has no meaning here and is ignored`},
		{"- {script: a.js, pmx: true, trace: false}\n- {script: b.js, pmx: true, io: {}}\n", `1:18: pmx, trace, io have no meaning here and are ignored`},
		{"script: run.js\nkillTree: false\n", `2:1: killTree: false is ignored; an app is stopped when its whole process tree is gone`},
		{"script: run.js\nwatch_options: {usePolling: true, ignored: x}\n", `2:17: watch_options.usePolling has no meaning here and is ignored`},
		{"script: run.js\nout_file: a\noutput: b\n", `3:1: output was set before under another name; this one wins`},
		{"apps: [{script: run.js}]\nname: x\n", `2:1: unknown key "name" beside apps is ignored`},
		{"script: run.js\nenv_producton: {A: 1}\n", ` no app has env_production; did you mean "producton"?`},
		{"script: run.js\nx-note: 1\nmax: null\nwatch: false\nwait_ready: false\ntime: false\nenv_production: {A: null}\n", ""},
	}
	for _, test := range tests {
		_, warnings, err := config.Load("a.yaml", strings.NewReader(test.content), config.LoadOptions{EnvName: "production"})
		if err != nil {
			t.Errorf("%q: %v", test.content, err)
			continue
		}
		var got string
		if len(warnings) > 0 {
			got = strings.TrimPrefix(warnings[0].String(), "a.yaml:")
		}
		if got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
