package e2e

import (
	"github.com/rogpeppe/go-internal/testscript"

	"forever/internal/tidy"
)

// passed are the variables that commands of bg, pty and hangup get: testscript
// tells its own commands alone of the whole environment.
var passed = []string{
	"PATH", "HOME", "TMPDIR", "USER", "TERM", "LANG", "GORACE", "WORK",
	"FOREVER_ROOT", "NO_COLOR", tidy.Mark,
}

func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range passed {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return append(env, "PWD="+ts.MkAbs("."))
}
