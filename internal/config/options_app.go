package config

import (
	"strconv"
	"strings"

	"forever/internal/wire"
)

// execModes are PM2's words for whether instances share their ports.
func execModes() []string { return []string{"fork", "cluster"} }

// appOptions say what an app is called and how many instances it has.
func appOptions() []Option {
	return []Option{{
		Name: "name", Aliases: []string{"n"}, Kind: String, Placeholder: "NAME", Category: CategoryApp,
		Usage: "the app's name (default: the program's name without its suffix)", Set: setName,
	}, {
		Name: "namespace", Kind: String, Placeholder: "NAME", Category: CategoryApp,
		Usage: "a name that several apps share, as a target for all of them (default: default)", Set: setNamespace,
	}, {
		Name: "uid", Aliases: []string{"u", "id"}, Kind: String, Placeholder: "UID", Category: CategoryApp,
		Usage: "a second, unique name of the app (default: a random one)", Set: setUID,
	}, {
		Name: "instances", Aliases: []string{"i"}, Kind: String, Placeholder: "N|max|-1", Category: CategoryApp,
		Usage: "how many processes share the app's ports; max or 0: one for each CPU, -1: one less", Set: setInstances,
	}, {
		Name: "exec-mode", Kind: Enum, Values: execModes(), Placeholder: "fork|cluster", Category: CategoryApp,
		Usage: "whether instances share their ports (default: cluster with --instances)", Set: setExecMode,
	}, {
		Name: "essential", Kind: Bool, Category: CategoryApp,
		Usage: "forever run ends when this app has ended for good",
		Set:   setBool(func(s *Settings) **bool { return &s.Essential }),
	}, {
		Name: "force", Aliases: []string{"f"}, Kind: Bool, Category: CategoryApp,
		Usage: "replace an app that runs under the same name",
		Set:   setBool(func(s *Settings) **bool { return &s.Force }),
	}}
}

func setInstances(s *Settings, value string) error {
	n, err := strconv.Atoi(value)
	if value == "max" {
		n, err = 0, nil
	}
	if err != nil {
		return wrong("wants a whole number, max, 0 (the same) or -1 (one less than CPUs), not %q", value)
	}
	if n > wire.MaxInstances {
		return wrong("wants at most %d, not %d", wire.MaxInstances, n)
	}
	s.Instances = &n
	return nil
}

// setExecMode also takes what PM2 itself writes into its dumps.
func setExecMode(s *Settings, value string) error {
	return setEnum("exec mode", execModes(), func(s *Settings) *string { return &s.ExecMode })(s, strings.TrimSuffix(value, "_mode"))
}
