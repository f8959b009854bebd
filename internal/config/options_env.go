package config

import (
	"slices"
	"strconv"
	"strings"
)

// envOptions say what the program finds around it.
func envOptions() []Option {
	return []Option{{
		Name: "env", Kind: Strings, Placeholder: "NAME=VALUE", Category: CategoryEnv,
		Usage: "a variable beside those of your environment; a bare NAME chooses the env_NAME of a config file", Set: setEnv,
	}, {
		Name: "env-file", Kind: Strings, Placeholder: "FILE", Category: CategoryEnv,
		Usage: "a file of NAME=VALUE lines; --env wins over it", Set: setEnvFile,
	}, {
		Name: "umask", Kind: String, Placeholder: "OCTAL", Category: CategoryEnv,
		Usage: "the permissions that new files do not get, e.g. 027 (default: yours)", Set: setUmask,
	}, {
		Name: "limit", Aliases: []string{"limits"}, Kind: Strings, Placeholder: "NAME=SOFT[:HARD]", Category: CategoryEnv,
		Usage: "a resource limit, e.g. nofile=65536, core=unlimited, as=2G (default: yours)", Set: setLimit,
	}, {
		Name: "user", Kind: String, Placeholder: "USER", Category: CategoryEnv,
		Usage: "run it as that user, with its groups (root only)",
		Set:   setText(func(s *Settings) *string { return &s.User }),
	}, {
		Name: "group", Aliases: []string{"gid"}, Kind: String, Placeholder: "GROUP", Category: CategoryEnv,
		Usage: "run it with that group instead of the user's (root only)",
		Set:   setText(func(s *Settings) *string { return &s.Group }),
	}, {
		Name: "nice", Kind: Int, Placeholder: "N", Category: CategoryEnv,
		Usage: "its priority, from -20 (first; root only) to 19 (last)", Set: setNice,
	}, {
		Name: "instance-var", Kind: String, Placeholder: "NAME", Category: CategoryEnv,
		Usage: "the variable that tells an instance its index (default: NODE_APP_INSTANCE)",
		Set:   setVariable(func(s *Settings) *string { return &s.InstanceVar }),
	}, {
		Name: "increment-var", Kind: String, Placeholder: "NAME", Category: CategoryEnv,
		Usage: "a variable whose number grows by one with each instance, e.g. PORT",
		Set:   setVariable(func(s *Settings) *string { return &s.IncrementVar }),
	}}
}

func setEnv(s *Settings, value string) error {
	name, text, isVariable := strings.Cut(value, "=")
	switch {
	case name == "":
		return wrong("wants NAME=VALUE, not %q", value)
	case strings.ContainsRune(value, 0):
		return wrong("must not contain a zero byte")
	case isVariable:
		s.Env = append(s.Env, Variable{Name: name, Value: text})
	default:
		s.EnvName = name
	}
	return nil
}

// setEnvFile puts the file before the variables that were set one by one.
func setEnvFile(s *Settings, value string) error {
	if value == "" || strings.ContainsRune(value, 0) {
		return wrong("wants the name of a file, not %q", value)
	}
	at := slices.IndexFunc(s.Env, func(v Variable) bool { return v.File == "" })
	if at < 0 {
		at = len(s.Env)
	}
	s.Env = slices.Insert(s.Env, at, Variable{File: value})
	return nil
}

func setNice(s *Settings, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < -20 || n > 19 {
		return wrong("wants a whole number from -20 to 19, not %q", value)
	}
	s.Nice = &n
	return nil
}

func setUmask(s *Settings, value string) error {
	mask, err := strconv.ParseUint(strings.TrimPrefix(value, "0o"), 8, 16)
	if err != nil || mask > 0o777 {
		return wrong("wants an octal number from 0 to 777, not %q", value)
	}
	umask := int(mask)
	s.Umask = &umask
	return nil
}
