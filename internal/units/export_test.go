package units

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"forever/internal/wire"
)

func exported() []wire.Spec {
	return []wire.Spec{{
		Name: "web", Script: "/srv/app/server.js", Interpreter: "/usr/bin/node", InterpreterArgs: []string{"--trace-warnings"},
		Args: []string{"--greeting", "it's $HOME at 100%"}, Cwd: "/srv/app", Umask: 0o027, Instances: 3, Cluster: true,
		Env:    []string{"PATH=/usr/bin", "PORT=8080", "PWD=/srv/app", "SECRET=a \"b\" $c $(d) 5%"},
		Ready:  "http:127.0.0.1:8080/health",
		Health: "http:8080/health,interval=10s,timeout=2s,retries=4,start-period=1m0s",
		Policy: wire.Policy{Restart: wire.RestartOnFailure, BackoffMinMS: 100, MaxRestarts: 4, SuccessCodes: []int{3, 42}},
		Stop:   wire.Stop{Signal: "SIGTERM", TimeoutMS: 90500},
		Output: wire.Output{OutFile: "/var/log/web.log"},
	}, {
		Name: "Night Job_1", Script: "/opt/jobs/clean", Cwd: "/tmp", Umask: -1, Instances: 1, Ready: "notify",
		Health: "exec:test -e \"$HOME/x y\",interval=30s,timeout=5s,retries=3,start-period=0s", WatchdogMS: 30_000,
		Policy: wire.Policy{Restart: wire.RestartNever}, Stop: wire.Stop{Signal: "SIGINT", TimeoutMS: 10000},
	}}
}

func TestExport(t *testing.T) {
	for _, format := range Formats() {
		files, err := Export(format, exported(), []string{"PATH=/usr/bin", "PORT=1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			golden(t, "export-"+format+"-"+strings.ReplaceAll(f.Name, "@", "-at"), f.Text)
			if strings.Contains(f.Text, "PATH=") || strings.Contains(f.Text, "PWD") {
				t.Errorf("%s: what the session has too", f.Name)
			}
		}
	}
	if _, err := Export("helm", nil, nil); err == nil || !strings.Contains(err.Error(), "compose, k8s, systemd") {
		t.Error(err)
	}
}

func TestServiceName(t *testing.T) {
	for name, want := range map[string]string{"web": "web", "My App_2": "my-app-2", "ü": "app", "a/b": "a-b", "--x.y": "x-y"} {
		if got := serviceName(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestShellCheck(t *testing.T) {
	for check, want := range map[string]string{
		"http:80/x?a=b": "curl -fsS 'http://localhost:80/x?a=b'", "http:[::1]:80/": "curl -fsS 'http://[::1]:80/'",
		"tcp:80": "nc -z localhost 80", "tcp:[::1]:80": "nc -z ::1 80", "tcp:db:5432": "nc -z db 5432", "exec:a: b": "a: b",
	} {
		if got := shellCheck(check); got != want {
			t.Errorf("%s: %s, want %s", check, got, want)
		}
	}
}

// Names that differ here may be one there, and no name is too long or a number.
func TestServicesHaveNamesOfTheirOwn(t *testing.T) {
	long := strings.Repeat("x", 100)
	var apps []wire.Spec
	for _, name := range []string{"a b", "a#b", "a b-2", "日本", "app", "1", long, long + "y"} {
		apps = append(apps, wire.Spec{Name: name, Script: "/bin/" + name, Instances: 1})
	}
	files, err := Export("compose", apps, nil)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Services map[string]any `yaml:"services"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(files[0].Text), &read, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	want := []string{"1", "a-b", "a-b-2", "a-b-2-2", "app", "app-2", strings.Repeat("x", 61) + "-2", strings.Repeat("x", 63)}
	if got := slices.Sorted(maps.Keys(read.Services)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// What an app comes after it comes after there too, as far as that is exported.
func TestExportOfTheOrder(t *testing.T) {
	apps := exported()
	apps = append(apps, wire.Spec{Name: "db", Script: "/bin/db", Instances: 1, Umask: -1})
	apps[2].After = []string{"Night Job_1", "web", "elsewhere"}
	for format, want := range map[string]string{
		"compose": "    depends_on:\n      \"web\": {condition: service_healthy}\n      \"night-job-1\": {condition: service_completed_successfully}\n",
		"systemd": "Wants=web@0.service web@1.service web@2.service\nAfter=web@0.service web@1.service web@2.service\n" +
			"Wants=night-job-1.service\nAfter=night-job-1.service\n",
		"k8s": "# It comes after web, and has to try again until that is there: nothing here orders them.\n" +
			"# It comes after night-job-1, and",
	} {
		files, err := Export(format, apps, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := files[len(files)-1].Text
		if !strings.Contains(last, want) || strings.Contains(last, "elsewhere") {
			t.Errorf("%s:\n%s", format, last)
		}
	}
	apps[0].Health = ""
	files, err := Export("compose", apps, nil)
	if err != nil || !strings.Contains(files[0].Text, `"web": {condition: service_started}`) {
		t.Errorf("%v\n%s", err, files[0].Text)
	}
}

// A line break in a value must not begin a line of its own.
func TestUnitWord(t *testing.T) {
	for word, want := range map[string]string{
		"a": "a", "": `""`, "a b": `"a b"`, "a\nExecStart=/x": `"a\nExecStart=/x"`, `a\`: `"a\\"`, "50%": "50%%",
	} {
		if got := unitWord(word); got != want {
			t.Errorf("%q: %s", word, got)
		}
	}
}

// Every exported file that is YAML is understood as what was meant.
func TestExportIsYAML(t *testing.T) {
	for _, format := range []string{"compose", "k8s"} {
		files, err := Export(format, exported(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			var v map[string]any
			if err := yaml.Unmarshal([]byte(f.Text), &v); err != nil {
				t.Errorf("%s: %v\n%s", f.Name, err, f.Text)
			}
		}
	}
}
