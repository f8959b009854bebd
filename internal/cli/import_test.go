package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
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
	if r := f.forever(t, "import", "pm2", "/no/dump"); r.code != codeFailed || !strings.Contains(r.errOut, "pm2 save") {
		t.Errorf("%+v", r)
	}
	if r := f.forever(t, "import", "systemd"); r.code != codeUsage {
		t.Errorf("%+v", r)
	}
}
