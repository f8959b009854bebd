package config

import (
	"time"

	"forever/internal/probe"
)

// healthOptions say how it is found out whether an app that runs is well. In a
// file those of --health may stand in an object, as in a compose file.
func healthOptions() []Option {
	return []Option{{
		Name: "health", Aliases: []string{"healthcheck", "health-check"}, Kind: String, Placeholder: "CHECK", Category: CategoryHealth,
		Usage: "start it anew when it is not well by http:PORT/PATH, tcp:PORT or exec:COMMAND; none: no check",
		Set:   setHealth, setTable: setHealthTable,
	}, {
		Name: "health-interval", Kind: Duration, Placeholder: "DURATION", Category: CategoryHealth,
		Usage: "from the end of a check to the next (default: 30s)",
		Set:   setPositive(func(s *Settings) **time.Duration { return &s.HealthInterval }),
	}, {
		Name: "health-timeout", Kind: Duration, Placeholder: "DURATION", Category: CategoryHealth,
		Usage: "how long a check may take (default: 5s)",
		Set:   setPositive(func(s *Settings) **time.Duration { return &s.HealthTimeout }),
	}, {
		Name: "health-retries", Kind: Int, Placeholder: "N", Category: CategoryHealth,
		Usage: "so many failures in a row mean that it is not well (default: 3)", Set: setHealthRetries,
	}, {
		Name: "health-start-period", Kind: Duration, Placeholder: "DURATION", Category: CategoryHealth,
		Usage: "failures do not count for so long after its start, until a check has succeeded (default: 0)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.HealthStartPeriod} }),
	}, {
		Name: "watchdog", Aliases: []string{"watchdog-sec"}, Kind: Duration, Placeholder: "DURATION", Category: CategoryHealth,
		Usage: "start it anew when it has not said WATCHDOG=1 (sd_notify) for so long",
		Set:   setPositive(func(s *Settings) **time.Duration { return &s.Watchdog }),
	}}
}

// setHealth takes a check with or without its options; "none" takes away what a
// file has said.
func setHealth(s *Settings, value string) error {
	if value == "none" {
		s.Health = &probe.Health{}
		return nil
	}
	h, err := probe.ParsePlainHealth(value)
	if err != nil {
		return wrong("%v", err)
	}
	for field, d := range map[**time.Duration]time.Duration{
		&s.HealthInterval: h.Interval, &s.HealthTimeout: h.Timeout, &s.HealthStartPeriod: h.StartPeriod,
	} {
		if d > 0 {
			*field = &d
		}
	}
	if h.Retries > 0 {
		s.HealthRetries = &h.Retries
	}
	s.Health = &h
	return nil
}

func setHealthRetries(s *Settings, value string) error {
	var n *int
	if err := setCount(func(*Settings) **int { return &n })(s, value); err != nil || *n == 0 {
		return wrong("wants a whole number from 1, not %q", value)
	}
	s.HealthRetries = n
	return nil
}

// setPositive takes a duration that is longer than nothing.
func setPositive(field func(*Settings) **time.Duration) setter {
	return func(s *Settings, value string) error {
		d, err := ParseDuration(value)
		switch {
		case err != nil:
			return wrong("%v", err)
		case d <= 0:
			return wrong("has to be longer than nothing")
		}
		*field(s) = &d
		return nil
	}
}

// health is the whole check as wire.Spec has it; empty: none.
func (s *Settings) health() (string, error) {
	if s.Health == nil {
		return "", s.checkless()
	}
	h := *s.Health
	if h.Kind == "" {
		return "", nil
	}
	h.Interval = deref(s.HealthInterval, probe.DefaultInterval)
	h.Timeout = deref(s.HealthTimeout, probe.DefaultTimeout)
	h.Retries = deref(s.HealthRetries, probe.DefaultRetries)
	h.StartPeriod = deref(s.HealthStartPeriod, 0)
	if again, err := probe.ParseHealth(h.String()); err != nil || again != h {
		return "", &ValueError{Option: "health", Message: "cannot be a command that ends in an option of ours such as interval=5s; add a space"}
	}
	return h.String(), nil
}

// checkless refuses settings of a check that there is not.
func (s *Settings) checkless() error {
	for name, set := range map[string]bool{
		"health-interval": s.HealthInterval != nil, "health-timeout": s.HealthTimeout != nil,
		"health-retries": s.HealthRetries != nil, "health-start-period": s.HealthStartPeriod != nil,
	} {
		if set {
			return &ValueError{Option: name, Message: "belongs to a check, and there is none", Hint: "add --health http:PORT/PATH, tcp:PORT or exec:COMMAND"}
		}
	}
	return nil
}
