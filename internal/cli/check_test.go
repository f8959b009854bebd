package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	program := script(t, "server.sh")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "PROGRAM", program)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good.json", `{"name": "web", "script": "PROGRAM"}`)
	odd := file("odd.json", `{"name": "web", "script": "PROGRAM", "max_restrats": 1}`)
	wrong := file("wrong.yaml", "name: web\nscript: PROGRAM\nrestart: allways\n")
	absent := file("absent.json", "{\n\"script\": \"/no/such/program\"}")
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
		err  string
	}{
		{"right", []string{good}, codeDone, "good.json is right: 1 app (web)", ""},
		{"a warning", []string{odd}, codeDone, "odd.json is right", "odd.json:1:"},
		{"a wrong value", []string{wrong}, codeFailed, "", "wrong.yaml:3:10:"},
		{"no program", []string{absent}, codeFailed, "", "absent.json:2:11:"},
		{"all are read", []string{wrong, good}, codeFailed, "good.json is right", "wrong.yaml:3:10:"},
		{"no config file", []string{program}, codeFailed, "", "server.sh"},
	} {
		f := &fake{}
		r := f.forever(t, append([]string{"check"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.out, c.out) || !strings.Contains(r.errOut, c.err) || c.err == "" && r.errOut != "" {
			t.Errorf("%s: %+v", c.name, r)
		}
		if len(f.asked) > 0 {
			t.Errorf("%s: it asked %q", c.name, f.asked)
		}
	}
}
