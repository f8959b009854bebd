package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/tidy"
	"forever/pidfile"
	"forever/supervisor"
)

// script is what belongs to one run of a script beside testscript's own.
type script struct {
	root string // FOREVER_ROOT; a short path, as sockets like it
	work string
	api  *client.Client
	// known are the processes that the script has seen, by PID: with their
	// start times a PID that was given away is no longer theirs.
	known map[string]pidfile.Process
	runs  map[string]*run // `bg` commands by name

	screens map[string]*screen // by name
}

type scriptKey struct{}

// of is the script of a command.
func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// setup gives a script a root and a home of its own, and cleans up behind it.
func setup(env *testscript.Env) error {
	base, err := os.MkdirTemp("/tmp", "fv")
	if err != nil {
		return fmt.Errorf("make a folder for the script: %w", err)
	}
	s := &script{
		root: filepath.Join(base, "root"), work: env.WorkDir,
		known: map[string]pidfile.Process{}, runs: map[string]*run{}, screens: map[string]*screen{},
	}
	s.api = client.New(s.root)
	env.Values[scriptKey{}] = s
	env.Defer(func() {
		s.endRuns()
		for _, screen := range s.screens {
			screen.close()
		}
		if err := killAll(s.root); err != nil {
			env.T().Fatal(err)
		}
		// The pair removes its groups when it ends, and it was given no time to.
		proc.FindCgroups(supervisor.GroupsName(s.root)).Close()
		if err := os.RemoveAll(base); err != nil {
			env.T().Fatal(err)
		}
	})
	home := filepath.Join(base, "home")
	for key, value := range map[string]string{
		"FOREVER_ROOT": s.root, "HOME": home, "USER": userName(),
		"GORACE": "atexit_sleep_ms=0", // a fixture that crashes has to crash at once
		"TERM":   "xterm-256color", "LANG": "C.UTF-8", "FOREVER": foreverPath(),
		tidy.Mark: os.Getenv(tidy.Mark),
	} {
		env.Setenv(key, value)
	}
	return os.Mkdir(home, 0o700)
}

// condition knows [root] beside testscript's own.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("there is no condition %q", name)
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "nobody"
}

// foreverPath is where forever is, for scripts with another PATH.
func foreverPath() string {
	path, err := exec.LookPath("forever")
	if err != nil {
		return "forever"
	}
	return path
}
