package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"forever/internal/config"
)

func readLine(args []string) (*line, error) {
	r := &reader{table: commands(), globals: newGlobals().options, opens: config.IsConfigFile}
	return r.read(args)
}

// Every line is read into the one form that the library gets.
func TestLinesAreBroughtIntoOneForm(t *testing.T) {
	cases := map[string]string{
		// start and run: ours stand before PROGRAM, everything after is the program's
		"start server.js":                               "start -- server.js",
		"start -m 3 server.js -m 4 --name x -- y":       "start --max=3 -- server.js -m 4 --name x -- y",
		"start --max=3 -w app --help":                   "start --max=3 --watch=true -- app --help",
		"start -- --odd -x":                             "start -- --odd -x",
		"start --minUptime 5 --min_uptime 6 a":          "start --min-uptime=5 --min-uptime=6 -- a",
		"start --spinSleepTime=2000 --killTree a":       "start --spin-sleep-time=2000 --kill-tree=true -- a",
		"start -i -1 a":                                 "start --instances=-1 -- a",
		"start -i max a":                                "start --instances=max -- a",
		"start --node-args --max-old-space-size=4096 a": "start --interpreter-args=--max-old-space-size=4096 -- a",
		"start --wait a":                                "start --wait=true -- a",
		"start --wait=5s a":                             "start --wait=5s -- a",
		"start --no-wait a":                             "start --wait=false -- a",
		"start --wait 5s a":                             "start --wait=true -- 5s a",
		"start --no-autorestart a":                      "start --autorestart=false -- a",
		"start --force=0 a":                             "start --force=false -- a",
		"start --env A=1 --env B=2 a":                   "start --env=A=1 --env=B=2 -- a",
		"start --env= a":                                "start --env= -- a",
		"start -m3 a":                                   "start --max=3 -- a",
		"start -m=3 a":                                  "start --max=3 -- a",
		"start -af a":                                   "start --append=true --force=true -- a",
		"start -afm 3 a":                                "start --append=true --force=true --max=3 -- a",
		"start -":                                       "start -- -",
		"start apps.json --only web --env production":   "start --only=web --env=production -- apps.json",
		"start apps.yaml more.toml -- x.json":           "start -- apps.yaml more.toml x.json",
		"run -o out.log a b":                            "run --out-file=out.log -- a b",
		// no action: run
		"server.js -x":         "run -- server.js -x",
		"-m 5 server.js":       "run --max=5 -- server.js",
		"--max 5 ./list":       "run --max=5 -- ./list",
		"-- list":              "run -- list",
		"--minUptime 9 -- a b": "run --min-uptime=9 -- a b",
		// options before the action
		"-m 5 start a":           "start --max=5 -- a",
		"-w start a":             "start --watch=true -- a",
		"--no-autorestart run a": "run --autorestart=false -- a",
		"-n 50 logs web":         "logs --number=50 -- web",
		"-f logs web":            "logs --fifo=true -- web",
		// targets: options stand anywhere
		"logs web -n 50":            "logs --number=50 -- web",
		"logs web --lines=50 db -f": "logs --number=50 --fifo=true -- web db",
		"logs -n50 -- -n":           "logs --number=50 -- -n",
		"stop a --killTimeout 5 b":  "stop --kill-timeout=5 -- a b",
		"rm a b":                    "delete -- a b",
		"restart all --update-env":  "restart --update-env=true -- all",
		"signal HUP web":            "signal -- HUP web",
		// global options, on both sides
		"--root /r list":              "--root=/r list --",
		"list -p /r --json":           "--root=/r list --json=true --",
		"--path=/r -s stop a -v":      "--root=/r --silent=true --verbose=true stop -- a",
		"-sv list":                    "--silent=true --verbose=true list --",
		"--no-colors ls --plain":      "--colors=false --plain=true list --",
		"--noColors list":             "--colors=false list --",
		"list --sort=memory:desc":     "list --sort=memory:desc --",
		"--json list":                 "list --json=true --",
		"start -p /r a -p /q":         "--root=/r start -- a -p /q",
		"__complete -- stop --si":     "__complete -- stop --si",
		"start -c node -- -e":         "start --command=node -- -e",
		"start --interpreter=node -x": "error: unknown option \"-x\"",
		// mistakes
		"start --maxx 3 a":      "error: unknown option \"--maxx\" (did you mean --max?)",
		"start -max 3 a":        "error: unknown option \"-max\" (did you mean --max?)",
		"--maxx 3 a":            "error: unknown option \"--maxx\" (did you mean --max?)",
		"stop --max 3 a":        "error: unknown option \"--max\"",
		"list --jsn":            "error: unknown option \"--jsn\" (did you mean --json?)",
		"--json stop a":         "error: unknown option \"--json\"",
		"start --name":          "error: option --name needs a value",
		"start --name --max 3":  "error: option --name needs a value, got the option --max",
		"start --name -- a":     "error: option --name needs a value, got the option --",
		"start --force=maybe a": "error: option --force takes no value, got \"maybe\"",
		"-m 3":                  "error: no action and no program was given",
	}
	for in, want := range cases {
		l, err := readLine(strings.Fields(in))
		got := ""
		if err != nil {
			got = "error: " + err.Error()
			if usage := new(usageError); !errors.As(err, &usage) {
				t.Errorf("%s: %v is no usage error", in, err)
			}
		} else {
			got = strings.Join(l.argv("forever")[1:], " ")
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// Words with blanks and empty words are single words.
func TestWordsStayWhole(t *testing.T) {
	l, err := readLine([]string{"start", "--name", "my app", "a b", "", "c d"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"forever", "start", "--name=my app", "--", "a b", "", "c d"}
	if got := l.argv("forever"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever is typed, the library sees the words that we saw, and the program
// its own arguments.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{"start\x00-m\x003\x00a\x00-b", "logs\x00web\x00-n\x0050", "-sv\x00--\x00list", "start\x00apps.json\x00--only\x00x", "-\x00--=\x00-=\x00--no-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\x00")
		l, err := readLine(args)
		if err != nil {
			if usage := new(usageError); !errors.As(err, &usage) {
				t.Fatalf("%q: %v is no usage error", args, err)
			}
			return
		}
		if l.cmd == nil {
			return
		}
		if l.cmd.shape == runs && len(l.args) > 0 && !config.IsConfigFile(l.args[0]) && !l.help && !l.version {
			if tail := args[len(args)-len(l.args):]; !slices.Equal(tail, l.args) {
				t.Fatalf("%q: the program got %q", args, l.args)
			}
		}
		var got []string
		cmd := *l.cmd
		cmd.least, cmd.most, cmd.shape = 0, 0, targets
		cmd.run = func(c *call) error { got = c.args; return nil }
		l.cmd = &cmd
		for _, o := range cmd.all() {
			o.set = nil
		}
		s := newSession(nil, nil, nil)
		s.connect = func(string) service { return &fake{} }
		err = s.dispatch(l, newGlobals())
		if usage := new(usageError); err != nil && !errors.As(err, &usage) {
			t.Fatalf("%q: the library refused %q: %v", args, l.argv("forever"), err)
		}
		if err == nil && !slices.Equal(got, l.args) && len(got)+len(l.args) > 0 {
			t.Fatalf("%q: the action got %q, not %q", args, got, l.args)
		}
	})
}
