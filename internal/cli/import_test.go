package cli

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"forever/internal/config"
)

func TestImportFromPM2(t *testing.T) {
	program := script(t, "server.sh")
	path := filepath.Join(t.TempDir(), "dump.pm2")
	one := map[string]any{"name": "web", "pm_exec_path": program, "pm_cwd": filepath.Dir(program), "args": []string{"--port", "1"},
		"exec_interpreter": "none", "node_args": []string{}, "exec_mode": "cluster_mode", "autorestart": true, "kill_timeout": 1600,
		"env": map[string]any{"COLOUR": "blue", "PATH": os.Getenv("PATH"), "pm_id": "0", "PM2_HOME": "/x", "web": map[string]any{}}}
	text, err := json.Marshal([]any{one, one})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	r := f.forever(t, "import", "pm2", path)
	if r.code != codeDone || len(f.asked) > 0 {
		t.Fatalf("%+v, %q", r, f.asked)
	}
	apps, warnings, err := config.Load("a.json", strings.NewReader(r.out), config.LoadOptions{})
	if err != nil || len(warnings) > 0 || len(apps) != 1 || *apps[0].Instances != 2 || len(apps[0].Env) != 1 || apps[0].Env[0].Value != "blue" {
		t.Errorf("%+v, %v, %v\n%s", apps, warnings, err, r.out)
	}
	if r := f.forever(t, "import", "pm2", "--start", path); r.code != codeDone || len(f.start.Specs) != 1 || f.start.Specs[0].Instances != 2 {
		t.Errorf("%+v, %+v", r, f.start)
	}
	gone := filepath.Join(t.TempDir(), "gone.pm2")
	if err := os.WriteFile(gone, []byte(`[{"name": "web", "pm_exec_path": "/no/such"}, {"name": "db", "pm_exec_path": "/none"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	f.start.Specs = nil
	r = f.forever(t, "import", "pm2", "--start", gone)
	if r.code != codeFailed || f.start.Specs != nil || !strings.Contains(r.errOut, `app "web": "/no/such" was not found`) || !strings.Contains(r.errOut, `app "db": `) {
		t.Errorf("%+v", r)
	}
	if r := f.forever(t, "import", "pm2", "/no/dump"); r.code != codeFailed || !strings.Contains(r.errOut, "pm2 save") {
		t.Errorf("%+v", r)
	}
	t.Setenv("PM2_HOME", t.TempDir())
	if r := f.forever(t, "import", "pm2"); r.code != codeFailed || !strings.Contains(r.errOut, "dump.pm2") {
		t.Errorf("PM2 does not run and has saved nothing: %+v", r)
	}
	if r := f.forever(t, "import", "systemd"); r.code != codeUsage {
		t.Errorf("%+v", r)
	}
}

// A PM2 that runs is asked for its list; what it answers is a file that works.
func TestImportTheRunningList(t *testing.T) {
	program := script(t, "server.sh")
	dir, err := os.MkdirTemp("/tmp", "fv") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	service, err := net.Listen("unix", filepath.Join(dir, "rpc.sock"))
	if err != nil {
		t.Skip("this system has no unix sockets: ", err)
	}
	defer service.Close()
	process := func(id int, name, more string) string {
		return strings.NewReplacer("PROGRAM", program, "DIR", filepath.Dir(program), "ID", strconv.Itoa(id), "NAME", name, "HOME", dir).Replace(
			`{"pid": 1ID, "name": "NAME", "pm2_env": {"name": "NAME", "pm_id": ID, "pm_exec_path": "PROGRAM", "pm_cwd": "DIR", "node_args": [],
			"exec_interpreter": "none", "pm_out_log_path": "/var/log/NAME-ID.log", "pm_err_log_path": "HOME/logs/NAME-error-ID.log",
			"env": {"N": 3, "NAME": "{}", "PM2_HOME": "HOME"}, "namespace": "default", "watch": false, ` + more + `}}`)
	}
	web := `"exec_mode": "cluster_mode", "status": "online", "max_memory_restart": 209715200, "cron_restart": "0 3 * * *", "watch": ["src"], "min_uptime": 2000`
	list := "[" + process(0, "web", web) + "," + process(1, "web", web) + "," + process(2, "off", `"exec_mode": "fork_mode", "status": "stopped"`) + "]"
	fakePM2 := "#!/bin/sh\n[ \"$*\" = jlist ] || exit 1\necho '[PM2] a notice'\ncat <<'END'\n" + strings.ReplaceAll(list, "\n", "") + "\nEND\n"
	if err := os.WriteFile(filepath.Join(dir, "pm2"), []byte(fakePM2), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PM2_HOME", dir)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := os.Mkdir(filepath.Join(filepath.Dir(program), "src"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	r := f.forever(t, "import", "pm2")
	if r.code != codeDone || r.errOut != "" {
		t.Fatalf("%+v", r)
	}
	apps, warnings, err := config.Load("a.json", strings.NewReader(r.out), config.LoadOptions{})
	if err != nil || len(warnings) > 0 || len(apps) != 2 {
		t.Fatalf("%v, %v\n%s", warnings, err, r.out)
	}
	got := apps[0]
	if *got.Instances != 2 || *got.MaxMemory != 200<<20 || got.Cron != "0 3 * * *" || got.OutFile != "/var/log/web.log" || got.ErrFile != "" ||
		len(got.Env) != 1 || got.Env[0].Value != "3" || got.WatchDirs[0] != filepath.Join(filepath.Dir(program), "src") || *apps[1].Autostart {
		t.Errorf("%+v\n%s", got, r.out)
	}
	if r := f.forever(t, "import", "pm2", "--start"); r.code != codeDone || names(f.start.Specs) != "web" || !strings.Contains(r.errOut, "off is left out") {
		t.Errorf("%+v, %+v", r, f.start)
	}
}
