package cli

import (
	"os"
	"strconv"
)

func reloadCommand() *command {
	in := &override{}
	return &command{
		name: "reload", shape: targets, least: 1, words: "at least one TARGET",
		synopsis: []string{"reload [options] TARGET…"},
		brief:    "replace the processes of apps without losing a connection",
		about: `Instance by instance, a new process is started beside the old one, on the same address.
When it listens, it gets the new connections, and the old one is stopped when it has
answered those that wait. If the new one does not come up in time, the old one stays and
the reload fails. An app that was not started with -i is restarted instead.

` + aboutTargets,
		options: []*option{
			{name: "update-env", usage: "the app gets the environment of the caller from now on"},
			{name: "parallel", kind: valued, placeholder: "N", usage: "replace N instances at a time (1)"},
		},
		settings: func() []*option { return in.targetOptions("kill-timeout", "kill-signal") },
		examples: []example{
			{"forever reload api", "put a new version of the program into service"},
			{"forever reload --parallel 2 all", "two instances at a time"},
		},
		exits: targetExits,
		run:   func(c *call) error { return c.reload(in) },
	}
}

func (c *call) reload(in *override) error {
	r := in.request(c.args)
	if c.opts.Bool("update-env") {
		r.Env = os.Environ()
	}
	if text := c.opts.String("parallel"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return usagef("forever help reload", "--parallel %q is not a number of instances", text)
		}
		r.Parallel = n
	}
	return c.actOn(in, "reload", "reloading", r)
}
