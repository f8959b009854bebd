package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// isProcfile tells a Procfile, or a Procfile.NAME, by its name.
func isProcfile(path string) bool {
	base := filepath.Base(path)
	return base == "Procfile" || strings.HasPrefix(base, "Procfile.")
}

// procfileEnv gives all apps of a Procfile the variables of a file .env beside
// it, if there is one.
func (l *loader) procfileEnv() {
	path := filepath.Join(l.dir, ".env")
	if _, err := os.Stat(path); err == nil {
		l.defaults.Env = []Variable{{File: path}}
	}
}

// parseProcfile reads the lines NAME: COMMAND of a Procfile. As with foreman, a
// shell runs the command, so that it may use variables.
func parseProcfile(data string) (*node, error) {
	root := &node{kind: list, at: position{1, 1}}
	for i, line := range strings.Split(data, "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		name, command, ok := strings.Cut(line, ":")
		command = strings.TrimSpace(command)
		at := position{i + 1, 1}
		if !ok || command == "" {
			return nil, &syntaxError{at, fmt.Sprintf("wants NAME: COMMAND, not %q", line)}
		}
		root.items = append(root.items, procfileApp(strings.TrimSpace(name), command, at))
	}
	return root, nil
}

func procfileApp(name, command string, at position) *node {
	scalar := func(s string) *node { return &node{kind: text, at: at, text: s} }
	shell, flag := shellCommand()
	args := &node{kind: list, at: at, items: []*node{scalar(flag), scalar(command)}}
	return &node{kind: table, at: at, entries: []*entry{
		{key: "name", at: at, value: scalar(name)},
		{key: "script", at: at, value: scalar(shell)},
		{key: "args", at: at, value: args},
	}}
}
