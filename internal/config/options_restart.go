package config

import (
	"strconv"
	"strings"
	"time"

	"forever/internal/schedule"
	"forever/internal/wire"
)

func restartPolicies() []string {
	return []string{wire.RestartOnFailure, wire.RestartAlways, wire.RestartNever}
}

// restartOptions say whether and when a program that ended is started again.
func restartOptions() []Option {
	return []Option{{
		Name: "restart", Kind: Enum, Values: restartPolicies(), Placeholder: "on-failure|always|never", Category: CategoryRestart,
		Usage: "when a program that ended is started again (default: on-failure)",
		Set:   setEnum("restart policy", restartPolicies(), func(s *Settings) *string { return &s.Restart }),
	}, {
		Name: "autorestart", Aliases: []string{"auto-restart"}, Kind: Bool, Category: CategoryRestart,
		Usage: "PM2's words for --restart always and, with --no-autorestart, never", Set: setAutorestart,
	}, {
		Name: "max", Aliases: []string{"m"}, Kind: Int, Placeholder: "N", Category: CategoryRestart,
		Usage: "run the program at most N times in all (default: 0, no end)",
		Set:   setCount(func(s *Settings) **int { return &s.MaxRuns }),
	}, {
		Name: "max-restarts", Kind: Int, Placeholder: "N", Category: CategoryRestart,
		Usage: "give up after N restarts in a row that did not reach --min-uptime (default: 0, never)",
		Set:   setCount(func(s *Settings) **int { return &s.MaxRestarts }),
	}, {
		Name: "min-uptime", Kind: Duration, Placeholder: "DURATION", Category: CategoryRestart,
		Usage: "a run that was shorter waits before the next one (default: 1s)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.MinUptime} }),
	}, {
		Name: "backoff", Kind: String, Placeholder: "INITIAL..MAX", Category: CategoryRestart,
		Usage: "the wait after a short run, doubling from INITIAL to MAX (default: 100ms..30s)", Set: setBackoff,
	}, {
		Name: "exp-backoff-restart-delay", Kind: Duration, Placeholder: "DURATION", Category: CategoryRestart,
		Usage: "PM2's words for --backoff DURATION..15s", Set: setExpBackoff,
	}, {
		Name: "spin-sleep-time", Kind: Duration, Placeholder: "DURATION", Category: CategoryRestart,
		Usage: "npm's words for a wait after a short run that never grows",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.BackoffMin, &s.BackoffMax} }),
	}, {
		Name: "restart-delay", Kind: Duration, Placeholder: "DURATION", Category: CategoryRestart,
		Usage: "a wait before every restart (default: 0)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.RestartDelay} }),
	}, {
		Name: "success-exit-codes", Aliases: []string{"stop-exit-codes", "success-exit-code", "stop-exit-code"}, Kind: List, Placeholder: "CODES", Category: CategoryRestart,
		Usage: "exit codes beside 0 that are no failure, e.g. 3,42", Set: setCodes,
	}, {
		Name: "max-memory-restart", Kind: Size, Placeholder: "SIZE", Category: CategoryRestart,
		Usage: "start it anew when its processes use more memory than that together, e.g. 300M",
		Set:   setSize(func(s *Settings) **int64 { return &s.MaxMemory }),
	}, {
		Name: "cron-restart", Aliases: []string{"cron"}, Kind: String, Placeholder: "PATTERN", Category: CategoryRestart,
		Usage: "start it anew at these times, e.g. '0 3 * * *'; CRON_TZ=ZONE in front names a time zone", Set: setCron,
	}}
}

// setAutorestart takes true at PM2's word: there it restarts after exit 0 too.
func setAutorestart(s *Settings, value string) error {
	on, err := parseBool(value)
	if err != nil {
		return err
	}
	s.Restart = wire.RestartNever
	if on {
		s.Restart = wire.RestartAlways
	}
	return nil
}

func setBackoff(s *Settings, value string) error {
	from, to, ok := strings.Cut(value, "..")
	initial, err1 := ParseDuration(from)
	limit, err2 := ParseDuration(to)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return wrong("wants two durations such as 100ms..30s, not %q", value)
	case initial > limit:
		return wrong("starts at %s, which is above its maximum %s", from, to)
	}
	s.BackoffMin, s.BackoffMax = &initial, &limit
	return nil
}

// pm2MaxBackoff is where PM2's growing delay ends.
const pm2MaxBackoff = 15 * time.Second

func setExpBackoff(s *Settings, value string) error {
	initial, err := ParseDuration(value)
	if err != nil {
		return wrong("%v", err)
	}
	limit := max(initial, pm2MaxBackoff)
	s.BackoffMin, s.BackoffMax = &initial, &limit
	return nil
}

// setCron takes 0 and false at PM2's word: no times at all.
func setCron(s *Settings, value string) error {
	if value == "0" || value == "false" {
		s.Cron = ""
		return nil
	}
	if _, err := schedule.Parse(value, time.Now()); err != nil {
		return wrong("%v", err)
	}
	s.Cron = value
	return nil
}

// maxExitCode is the largest code that wait(2) can tell.
const maxExitCode = 255

func setCodes(s *Settings, value string) error {
	codes := append([]int{}, s.SuccessCodes...) // a flag may be repeated
	for _, word := range strings.Split(value, ",") {
		word = strings.TrimSpace(word)
		if word == "" && value == "" {
			continue
		}
		code, err := strconv.Atoi(word)
		if err != nil || code < 0 || code > maxExitCode {
			return wrong("wants exit codes from 0 to %d, not %q", maxExitCode, word)
		}
		codes = append(codes, code)
	}
	s.SuccessCodes = codes
	return nil
}
