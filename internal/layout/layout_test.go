package layout

import (
	"path/filepath"
	"testing"

	"forever/internal/wire"
)

func TestLogs(t *testing.T) {
	for _, c := range []struct {
		name              string
		output            wire.Output
		instances, index  int
		wantOut, wantErr  string
		shownOut, shownEr string
	}{
		{"web", wire.Output{}, 1, 0, "/r/logs/web-out.log", "/r/logs/web-err.log", "/r/logs/web-out.log", "/r/logs/web-err.log"},
		{"a/b", wire.Output{}, 1, 0, "/r/logs/a_b-out.log", "/r/logs/a_b-err.log", "/r/logs/a_b-out.log", "/r/logs/a_b-err.log"},
		{"web", wire.Output{File: "/l/all.log", OutFile: "/l/o"}, 1, 0, "/l/all.log", "", "/l/all.log", "/l/all.log"},
		{"web", wire.Output{OutFile: "/l/o.log", ErrFile: "/dev/null"}, 2, 1, "/l/o-1.log", "/dev/null", "/l/o-0.log", "/dev/null"},
		{"web", wire.Output{Merge: true}, 2, 1, "/r/logs/web-out.log", "/r/logs/web-err.log", "/r/logs/web-out.log", "/r/logs/web-err.log"},
		{"web", wire.Output{Direct: true}, 1, 0, "/r/logs/web-out.log", "/r/logs/web-err.log", "", ""},
	} {
		spec := &wire.Spec{Name: c.name, Output: c.output, Instances: c.instances}
		out, errs := Logs("/r", spec, c.index)
		shownOut, shownErr := Shown("/r", spec)
		got := [...]string{out, errs, shownOut, shownErr}
		for i := range got {
			got[i] = filepath.ToSlash(got[i])
		}
		if want := [...]string{c.wantOut, c.wantErr, c.shownOut, c.shownEr}; got != want {
			t.Errorf("%s %+v:\n%q, want\n%q", c.name, c.output, got, want)
		}
	}
}

func TestPid(t *testing.T) {
	spec := &wire.Spec{Name: "a/b"}
	for index, want := range []string{"/r/pids/a_b-3.pid", "/r/pids/a_b-3-1.pid"} {
		if got := filepath.ToSlash(Pid("/r", spec, 3, index)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	spec.PidFile = "/run/web.pid"
	if got := Pid("/r", spec, 3, 0); got != spec.PidFile {
		t.Error(got)
	}
}
