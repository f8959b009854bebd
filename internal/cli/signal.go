package cli

import (
	"forever/internal/config"
	"forever/internal/wire"
)

func signalCommand() *command {
	return &command{
		name: "signal", aliases: []string{"sendSignal"}, shape: targets, least: 2, words: "a SIGNAL and at least one TARGET",
		synopsis: []string{"signal SIGNAL TARGET…"},
		brief:    "send a signal to apps",
		about: `SIGNAL is a name, with or without SIG, or a number. It goes to the program itself.
An app that ends of it is restarted by its restart policy.

` + aboutTargets,
		examples: []example{
			{"forever signal HUP web", "let a server read its configuration again"},
			{"forever signal USR1 'worker-*'", "several apps"},
		},
		exits: targetExits,
		run: func(c *call) error {
			name, err := signalName(c.args[0])
			if err != nil {
				return err
			}
			return c.act("signal", "signalling", wire.TargetRequest{Targets: c.args[1:], Signal: name})
		},
	}
}

// signalName is the full name of a signal that a user wrote.
func signalName(text string) (string, error) {
	var s config.Settings
	o, ok := config.Lookup("kill-signal")
	if !ok || o.Set(&s, text) != nil {
		return "", usagef("", "there is no signal %q (HUP, INT, TERM, USR1 and USR2 are usual)", text)
	}
	return s.KillSignal, nil
}
