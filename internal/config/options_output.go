package config

import (
	"slices"
	"time"

	"forever/internal/wire"
)

// outputOptions say where the program's output and its PID are written, and how.
func outputOptions() []Option {
	return slices.Concat(fileOptions(), rotationOptions(), lineOptions())
}

func fileOptions() []Option {
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

// rotationOptions say when a log file is put aside.
func rotationOptions() []Option {
	return []Option{{
		Name: "log-max-size", Kind: Size, Placeholder: "SIZE", Category: CategoryOutput,
		Usage: "put a log file aside when it is that big (default: 50M); 0: never",
		Set:   setSize(func(s *Settings) **int64 { return &s.LogMaxSize }),
	}, {
		Name: "log-max-files", Kind: Int, Placeholder: "N", Category: CategoryOutput,
		Usage: "how many older log files are kept (default: 5)",
		Set:   setCount(func(s *Settings) **int { return &s.LogMaxFiles }),
	}, {
		Name: "log-rotate-every", Kind: Duration, Placeholder: "DURATION", Category: CategoryOutput,
		Usage: "also put it aside when a period is over, counted from midnight: 1d, 1h",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.LogRotateEvery} }),
	}}
}

// lineOptions say what a line looks like in the log.
func lineOptions() []Option {
	return []Option{{
		Name: "time", Kind: Bool, Category: CategoryOutput,
		Usage: "put the time before each line: " + defaultDateFormat,
		Set:   setBool(func(s *Settings) **bool { return &s.Time }),
	}, {
		Name: "log-date-format", Kind: String, Placeholder: "FORMAT", Category: CategoryOutput,
		Usage: "put the time before each line in that form: day.js tokens, as with PM2, or a Go layout",
		Set:   setText(func(s *Settings) *string { return &s.LogDate }),
	}, {
		Name: "log-type", Kind: Enum, Values: []string{wire.LogRaw, wire.LogJSON}, Placeholder: "raw|json", Category: CategoryOutput,
		Usage: "json: an object per line, with timestamp, message, stream, app, instance and pid",
		Set:   setEnum("log type", []string{wire.LogRaw, wire.LogJSON}, func(s *Settings) *string { return &s.LogType }),
	}, {
		Name: "merge-logs", Aliases: []string{"combine-logs"}, Kind: Bool, Category: CategoryOutput,
		Usage: "one log for all instances; their lines are never mixed",
		Set:   setBool(func(s *Settings) **bool { return &s.MergeLogs }),
	}}
}
