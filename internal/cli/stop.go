package cli

const aboutTargets = `A TARGET is an id, a name, name:index (one instance), a PID, a uid, the script as it
was started, a namespace, a glob (api-*), "all", or a config file (its apps).
What matches nothing is an error, and the rest is still done.`

var targetExits = []exit{
	{"0", "done"},
	{"1", "a target matches nothing, or it failed for one of them; the rest was still done"},
	{"2", "the command line was wrong and nothing was done"},
}

func stopCommand() *command {
	in := &override{}
	return &command{
		name: "stop", aliases: []string{"stopbypid"}, shape: targets, least: 1, words: "at least one TARGET",
		synopsis: []string{"stop [options] TARGET…"},
		brief:    "stop apps and keep them in the list",
		about: `Sends the stop signal to the instance's process group and, after the kill timeout,
SIGKILL to it and to every process it left behind. Answers when all of them are
gone. Many apps are stopped side by side.

` + aboutTargets,
		settings: func() []*option { return in.targetOptions("kill-timeout", "kill-signal") },
		examples: []example{
			{"forever stop web", "stop one app"},
			{"forever stop 'api-*' worker:2", "several, and one instance of another"},
			{"forever stop --kill-timeout 1s web", "do not wait long"},
		},
		exits: targetExits,
		run:   func(c *call) error { return c.stop(in, c.args) },
	}
}

func stopallCommand() *command {
	in := &override{}
	return &command{
		name:     "stopall",
		synopsis: []string{"stopall [options]"},
		brief:    "stop all apps",
		about:    "The same as `forever stop all`. With nothing running there is nothing to do.",
		settings: func() []*option { return in.options("kill-timeout", "kill-signal") },
		examples: []example{{"forever stopall", "stop everything"}},
		exits: []exit{
			{"0", "everything is stopped, or nothing ran"},
			{"1", "an app could not be stopped"},
			{"2", "the command line was wrong and nothing was done"},
		},
		run: func(c *call) error { return c.stop(in, []string{"all"}) },
	}
}

func (c *call) stop(in *override, targets []string) error {
	return c.actOn(in, "stop", "stopping", in.request(targets))
}

func deleteCommand() *command {
	in := &override{}
	return &command{
		name: "delete", aliases: []string{"del", "rm"}, shape: targets, least: 1, words: "at least one TARGET",
		synopsis: []string{"delete [options] TARGET…"},
		brief:    "stop apps and forget them",
		about:    "Stops what runs, then removes the app from the list. Its log files stay.\n\n" + aboutTargets,
		settings: func() []*option { return in.targetOptions("kill-timeout", "kill-signal") },
		examples: []example{
			{"forever delete web", "stop and forget one app"},
			{"forever delete all", "forget everything"},
		},
		exits: targetExits,
		run:   func(c *call) error { return c.remove(in, c.args) },
	}
}

func deleteallCommand() *command {
	in := &override{}
	return &command{
		name:     "deleteall",
		synopsis: []string{"deleteall [options]"},
		brief:    "stop and forget all apps",
		about:    "The same as `forever delete all`.",
		settings: func() []*option { return in.options("kill-timeout", "kill-signal") },
		examples: []example{{"forever deleteall", "forget everything"}},
		exits:    targetExits,
		run:      func(c *call) error { return c.remove(in, []string{"all"}) },
	}
}

func (c *call) remove(in *override, targets []string) error {
	return c.actOn(in, "delete", "deleting", in.request(targets))
}
