package config

import "time"

// readinessOptions say when start is finished.
func readinessOptions() []Option {
	return []Option{{
		Name: "wait", Kind: OptionalDuration, Placeholder: "TIMEOUT", Category: CategoryReadiness,
		Usage: "answer when the app is ready or has failed, at most after TIMEOUT", Set: setWait,
	}, {
		Name: "listen-timeout", Kind: Duration, Placeholder: "DURATION", Category: CategoryReadiness,
		Usage: "how long an app may take to be ready (default: 30s)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.ListenTimeout} }),
	}}
}

func setWait(s *Settings, value string) error {
	var d time.Duration
	switch value {
	case "true":
		d = -1
	case "false":
		d = 0
	default:
		var err error
		if d, err = ParseDuration(value); err != nil {
			return wrong("%v", err)
		}
	}
	s.Wait = &d
	return nil
}
