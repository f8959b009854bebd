package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/wire"
)

func TestExportCommand(t *testing.T) {
	web, db := savedApp(0, "web", wire.DesiredRunning, false), savedApp(1, "db", wire.DesiredStopped, false)
	web.Spec.Interpreter, web.Spec.Env = "/usr/bin/node", []string{"ONLY_HERE=1", "PATH=" + os.Getenv("PATH")}
	f := &fake{apps: []wire.App{web, db}}
	r := f.forever(t, "export", "systemd")
	if r.code != codeDone || !strings.Contains(r.out, "# file: web.service") || !strings.Contains(r.out, "# file: db.service") ||
		!strings.Contains(r.out, "ExecStart=/usr/bin/node /web\n") || !strings.Contains(r.out, "ONLY_HERE=1") || strings.Contains(r.out, "PATH=") {
		t.Errorf("%+v", r)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if r := f.forever(t, "export", "k8s", "--out", dir, "web"); r.code != codeDone || r.out != "forever: wrote "+filepath.Join(dir, "web.yaml")+"\n" {
		t.Errorf("%+v", r)
	}
	if r := f.forever(t, "export", "k8s", "--out", dir, "web"); r.code != codeFailed || !strings.Contains(r.errOut, "web.yaml") {
		t.Errorf("a file that is there: %+v", r)
	}
	if r := f.forever(t, "export", "compose", "nobody"); r.code != codeFailed {
		t.Errorf("%+v", r)
	}
	if r := f.forever(t, "export", "helm"); r.code != codeUsage {
		t.Errorf("%+v", r)
	}
	if r := (&fake{}).forever(t, "export", "compose"); r.code != codeFailed || !strings.Contains(r.errOut, "no apps to export") {
		t.Errorf("%+v", r)
	}
}
