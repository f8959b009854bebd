package config

import "time"

// stopOptions say how a program is ended.
func stopOptions() []Option {
	return []Option{{
		Name: "kill-signal", Kind: String, Placeholder: "SIGNAL", Category: CategoryStop,
		Usage: "the signal that asks the program to end (default: SIGTERM)", Set: setKillSignal,
	}, {
		Name: "kill-timeout", Kind: Duration, Placeholder: "DURATION", Category: CategoryStop,
		Usage: "how long it may take to end before it is killed (default: 10s)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.KillTimeout} }),
	}, {
		Name: "kill-tree", Aliases: []string{"t", "treekill", "tree-kill"}, Kind: Bool, Category: CategoryStop,
		Usage: "end the program's children too; it is always so", Set: setKillTree,
	}, {
		Name: "shutdown-with-message", Kind: Bool, Category: CategoryStop,
		Usage: "ask a Node program to end by process.on('message') with 'shutdown', not by the signal",
		Set:   setBool(func(s *Settings) **bool { return &s.AskToStop }),
	}}
}

// setKillTree has nothing to set: a stop that left processes behind would not be one.
func setKillTree(_ *Settings, value string) error {
	on, err := parseBool(value)
	if err == nil && !on {
		return wrongHint("a child that shall live on must be an app of its own",
			"cannot be switched off: an app is stopped when its whole process tree is gone")
	}
	return err
}

func setKillSignal(s *Settings, value string) error {
	name, ok := signalName(value)
	if !ok {
		return wrong("knows no signal %q; SIGTERM, SIGINT, SIGQUIT, SIGHUP and SIGUSR2 are usual", value)
	}
	s.KillSignal = name
	return nil
}
