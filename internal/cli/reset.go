package cli

import "forever/internal/wire"

func resetCommand() *command {
	return &command{
		name: "reset", shape: targets, least: 1, words: "at least one TARGET",
		synopsis: []string{"reset TARGET…"},
		brief:    "forget how often apps were restarted",
		about: `The restart count is 0 again, --max and --max-restarts count anew, and the next wait
before a restart is a short one. Nothing is stopped or started.

` + aboutTargets,
		examples: []example{{"forever reset web", "what was wrong is mended: count from here"}},
		exits:    targetExits,
		run: func(c *call) error {
			return c.act("reset", "resetting", wire.TargetRequest{Targets: c.args})
		},
	}
}
