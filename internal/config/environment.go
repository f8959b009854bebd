package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// environment lays the settings' variables over the caller's, each name once
// and the last value winning.
func (s *Settings) environment(c Caller) ([]string, error) {
	env := newEnvironment(c.Env)
	for _, v := range s.Env {
		if v.File == "" {
			env.set(v.Name, v.Value)
			continue
		}
		path := absolute(c.Cwd, v.File, c.Env)
		variables, err := readEnvFile(path)
		if err != nil {
			return nil, err
		}
		for _, v := range variables {
			env.set(v.Name, v.Value)
		}
	}
	return env.list, nil
}

// environment is a list of K=V that keeps the order in which names came first.
type environment struct {
	list  []string
	index map[string]int
}

func newEnvironment(from []string) *environment {
	env := &environment{index: make(map[string]int, len(from))}
	for _, entry := range from {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			env.set(name, value)
		}
	}
	return env
}

func (e *environment) set(name, value string) {
	key := name
	if runtime.GOOS == "windows" {
		key = strings.ToUpper(name) // Path and PATH are one variable there
	}
	i, known := e.index[key]
	if !known {
		i = len(e.list)
		e.index[key] = i
		e.list = append(e.list, "")
	}
	e.list[i] = name + "=" + value
}

// setPWD corrects the variable in which a shell keeps its folder, if it is there.
func setPWD(env []string, cwd string) []string {
	for i, entry := range env {
		if strings.HasPrefix(entry, "PWD=") {
			env[i] = "PWD=" + cwd
		}
	}
	return env
}

// readEnvFile reads a file of variables.
func readEnvFile(path string) ([]Variable, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var bad *fs.PathError
		if errors.As(err, &bad) {
			err = bad.Err
		}
		return nil, &ValueError{Option: "env-file", Message: fmt.Sprintf("%q cannot be read: %v", path, err)}
	}
	return parseEnv(path, string(data))
}
