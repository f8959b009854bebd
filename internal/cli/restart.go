package cli

import "os"

func restartCommand() *command {
	in := &override{}
	return &command{
		name: "restart", shape: targets, least: 1, words: "at least one TARGET",
		synopsis: []string{"restart [options] TARGET…"},
		brief:    "stop apps and start them again",
		about: `What does not run is started. A wait for the next try is skipped, and an app that
had given up begins anew.

` + aboutTargets,
		settings: func() []*option {
			return append(in.restartOptions(), onlyOption(&in.only, ""), in.envOption())
		},
		examples: []example{
			{"forever restart web", "restart one app"},
			{"NODE_ENV=production forever restart --update-env web", "with the environment of this shell"},
			{"forever restart --env staging apps.yaml", "the apps of a file, with its env_staging"},
			{"forever restart --wait=10s web", "answer when it is ready, at most after 10 s"},
		},
		exits: targetExits,
		run:   func(c *call) error { return c.restart(in, c.args) },
	}
}

func restartallCommand() *command {
	in := &override{}
	return &command{
		name:     "restartall",
		synopsis: []string{"restartall [options]"},
		brief:    "restart all apps",
		about:    "The same as `forever restart all`.",
		settings: in.restartOptions,
		examples: []example{{"forever restartall", "restart everything"}},
		exits:    targetExits,
		run:      func(c *call) error { return c.restart(in, []string{"all"}) },
	}
}

func (v *override) restartOptions() []*option {
	update := &option{name: "update-env", usage: "the app gets the environment of the caller from now on"}
	return append([]*option{update}, v.options("wait", "kill-timeout", "kill-signal")...)
}

func (v *override) envOption() *option {
	return &option{
		name: "env", kind: valued, placeholder: "NAME", usage: "of a config file: start its apps as it has them now, with env_NAME",
		set: func(name string) error {
			v.settings.EnvName = name
			return nil
		},
	}
}

func (c *call) restart(in *override, targets []string) error {
	if in.settings.EnvName != "" {
		return c.anew(in)
	}
	r := in.request(targets)
	if c.opts.Bool("update-env") {
		r.Env = os.Environ()
	}
	return c.actOn(in, "restart", "restarting", r)
}
