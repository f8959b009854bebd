package config

// outputOptions say where the program's output and its PID are written.
func outputOptions() []Option {
	return []Option{{
		Name: "out-file", Aliases: []string{"o", "out", "output", "out-log"}, Kind: String, Placeholder: "FILE", Category: CategoryOutput,
		Usage: "the file for stdout (default: under the root)",
		Set:   setText(func(s *Settings) *string { return &s.OutFile }),
	}, {
		Name: "err-file", Aliases: []string{"e", "err", "error", "error-file", "err-log", "error-log"}, Kind: String, Placeholder: "FILE", Category: CategoryOutput,
		Usage: "the file for stderr (default: under the root)",
		Set:   setText(func(s *Settings) *string { return &s.ErrFile }),
	}, {
		Name: "log-file", Aliases: []string{"l", "log"}, Kind: String, Placeholder: "FILE", Category: CategoryOutput,
		Usage: "one file for both; a relative name is under the root, as in npm's forever",
		Set:   setText(func(s *Settings) *string { return &s.LogFile }),
	}, {
		Name: "append", Aliases: []string{"a"}, Kind: Bool, Category: CategoryOutput,
		Usage: "add to the files, which is the default; --no-append empties them at the start",
		Set:   setBool(func(s *Settings) **bool { return &s.Append }),
	}, {
		Name: "disable-logs", Kind: Bool, Category: CategoryOutput,
		Usage: "throw the output away",
		Set:   setBool(func(s *Settings) **bool { return &s.DisableLogs }),
	}, {
		Name: "pid-file", Aliases: []string{"pid"}, Kind: String, Placeholder: "FILE", Category: CategoryOutput,
		Usage: "a file that holds the PID while the program runs; a relative name is under the root's pids folder",
		Set:   setText(func(s *Settings) *string { return &s.PidFile }),
	}}
}
