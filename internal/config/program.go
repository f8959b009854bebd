package config

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/program"
)

// found is a program with its arguments.
type found struct {
	program.Found
	args []string
}

// find asks for the program. In PM2's files a script may be a whole command
// line, which a shell then runs.
func (s *Settings) find(c Caller, env []string) (found, error) {
	if s.Script == "" {
		return found{}, &ValueError{Option: "script", Message: "no program was named", whole: true}
	}
	if len(s.FilterEnv) > 0 { // what the program does not get still finds it
		env = slices.Concat(c.Env, env)
	}
	caller := program.Caller{Cwd: s.base(c), Dirs: s.scriptDirs(c), Env: env}
	p, err := program.Find(caller, s.Script, s.Command, s.InterpreterArgs)
	var missing *program.Error
	words := strings.Fields(s.Script)
	if !errors.As(err, &missing) || missing.Exit != program.ExitNotFound || !s.fromFile() || len(words) < 2 || len(s.Args) > 0 {
		return found{p, s.Args}, err
	}
	shell, flag := shellCommand()
	sh, shellErr := program.Find(caller, shell, program.None, nil)
	if shellErr != nil {
		return found{}, err
	}
	sh.Name = program.BaseName(words[0])
	return found{sh, []string{flag, s.Script}}, nil
}

// isNode tells a Node program, which gets a message channel as a child of
// Node's own would.
func isNode(found program.Found) bool {
	name := filepath.Base(either(found.Interpreter, found.Script))
	return slices.Contains([]string{"node", "nodejs", "bun", "tsx", "ts-node"}, strings.TrimSuffix(name, ".exe"))
}

// interpreterArgs are those of the program found, with the one that has Node
// read source maps.
func (s *Settings) interpreterArgs(f found) []string {
	const sourceMaps = "--enable-source-maps"
	name := strings.TrimSuffix(filepath.Base(f.Interpreter), ".exe")
	if !deref(s.SourceMaps, false) || name != "node" && name != "nodejs" || slices.Contains(f.InterpreterArgs, sourceMaps) {
		return f.InterpreterArgs
	}
	return append(slices.Clone(f.InterpreterArgs), sourceMaps)
}
