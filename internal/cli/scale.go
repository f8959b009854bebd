package cli

import (
	"regexp"

	"forever/internal/wire"
)

func scaleCommand() *command {
	return &command{
		name: "scale", shape: targets, least: 2, words: "an APP and a number of instances", counts: true,
		synopsis: []string{"scale APP N", "scale APP +N", "scale APP -N"},
		brief:    "change the number of an app's instances",
		about: `New instances listen where the others do. Those that go get no new connections first, and
are stopped when they have answered the ones that wait. The app must have been started with
-i, so that its instances share their port.`,
		examples: []example{
			{"forever scale api 4", "to four instances"},
			{"forever scale api +1", "one more"},
			{"forever scale api -2", "two less"},
		},
		exits: targetExits,
		run: func(c *call) error {
			last := len(c.args) - 1
			if !regexp.MustCompile(`^[+-]?[0-9]+$`).MatchString(c.args[last]) {
				return usagef("forever help scale", "%q is not a number of instances (4, +2, -1)", c.args[last])
			}
			return c.act("scale", "scaling", wire.TargetRequest{Targets: c.args[:last], Instances: c.args[last]})
		},
	}
}
