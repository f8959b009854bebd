package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"forever/internal/wire"
)

// environment lays the settings' variables over the caller's, each name once
// and the last value winning. Own are the names of the settings' variables.
func (s *Settings) environment(c Caller) (list, own []string, err error) {
	env, mine := newEnvironment(s.filtered(c.Env)), newEnvironment(nil)
	set := func(v Variable) {
		env.set(v.Name, v.Value)
		mine.set(v.Name, "")
	}
	for _, v := range s.Env {
		if v.File == "" {
			set(v)
			continue
		}
		path := absolute(c.Cwd, v.File, c.Env)
		variables, err := readEnvFile(path)
		if err != nil {
			return nil, nil, err
		}
		for _, v := range variables {
			set(v)
		}
	}
	for _, entry := range mine.list {
		own = append(own, strings.TrimSuffix(entry, "="))
	}
	slices.Sort(own)
	return env.list, own, nil
}

// own says what of an app's surroundings is not its caller's.
func (s *Settings) own(env []string) *wire.Own {
	own := &wire.Own{Env: env, Umask: s.Umask != nil, Hidden: s.FilterEnv}
	for _, l := range mergeLimits(s.Limits) {
		own.Limits = append(own.Limits, l.Resource)
	}
	return own
}

// filtered leaves the variables out that the program shall not get.
func (s *Settings) filtered(env []string) []string {
	own := wire.Own{Hidden: s.FilterEnv}
	return slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return own.Hides(name)
	})
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
