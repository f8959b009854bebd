package config

import (
	"time"

	"forever/internal/probe"
)

// readinessOptions say when start is finished.
func readinessOptions() []Option {
	return []Option{{
		Name: "wait", Kind: OptionalDuration, Placeholder: "TIMEOUT", Category: CategoryReadiness,
		Usage: "answer when the app is ready or has failed, at most after TIMEOUT", Set: setWait,
	}, {
		Name: "listen-timeout", Kind: Duration, Placeholder: "DURATION", Category: CategoryReadiness,
		Usage: "how long an app may take to be ready (default: 30s)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.ListenTimeout} }),
	}, {
		Name: "ready", Kind: String, Placeholder: "CHECK", Category: CategoryReadiness,
		Usage: "what makes it ready: tcp:PORT, http:PORT/PATH, notify, message or delay:DURATION", Set: setReady,
	}, {
		Name: "wait-ready", Kind: Bool, Category: CategoryReadiness,
		Usage: "it is ready when it says process.send('ready')", Set: setWaitReady,
	}, {
		Name: "after", Kind: Strings, Placeholder: "APP", Category: CategoryReadiness,
		Usage: "start it when APP is ready; may be repeated", Set: addText(func(s *Settings) *[]string { return &s.After }),
	}}
}

func setReady(s *Settings, value string) error {
	r, err := probe.ParseReady(value)
	if err != nil {
		return wrong("%v", err)
	}
	s.Ready = r.String()
	return nil
}

// setWaitReady is PM2's name for readiness by message.
func setWaitReady(s *Settings, value string) error {
	var on *bool
	if err := setBool(func(*Settings) **bool { return &on })(s, value); err != nil {
		return err
	}
	switch {
	case *on:
		s.Ready = probe.KindMessage
	case s.Ready == probe.KindMessage:
		s.Ready = ""
	}
	return nil
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
