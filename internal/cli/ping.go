package cli

import (
	"errors"
	"fmt"
	"os"

	"forever/internal/client"
	"forever/internal/render"
)

func pingCommand() *command {
	return &command{
		name:     "ping",
		synopsis: []string{"ping [options]"},
		brief:    "ask whether a supervisor is running",
		about:    "Says which supervisor serves the root. Starts none.",
		options:  []*option{{name: "json", usage: "the answer as a JSON object"}},
		examples: []example{{"forever ping", "is it there?"}},
		exits: []exit{
			{"0", "a supervisor answered"},
			{"1", "there is none"},
			{"2", "the command line was wrong"},
		},
		run: (*call).ping,
	}
}

func (c *call) ping() error {
	p, err := c.service.Ping(c.ctx)
	if err != nil {
		return err
	}
	if c.opts.Bool("json") {
		return encodeJSON(c.out, p, "  ")
	}
	c.say("supervisor %d (version %s, api %d), shim %d, %s, root %s",
		p.SupervisorPID, p.Version, p.API, p.ShimPID, render.Plural(p.Apps, "app"), p.Root)
	return nil
}

func updateCommand() *command {
	return &command{
		name:     "update",
		synopsis: []string{"update"},
		brief:    "put a newly installed binary in charge",
		about: `The supervisor and the shim are replaced by this binary; programs run on and keep
their PIDs. If the new one does not come up, the old one stays in charge.`,
		examples: []example{{"forever update", "after a new version was installed"}},
		exits: []exit{
			{"0", "this binary is in charge, or none is running and the next start takes it"},
			{"1", "the old one is still in charge"},
			{"2", "the command line was wrong"},
		},
		run: (*call).update,
	}
}

func (c *call) update() error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary: %w", err)
	}
	o := &outcome{s: c.session}
	err = o.end(c.service.Update(c.ctx, exe, o.event))
	switch {
	case errors.Is(err, client.ErrNoSupervisor):
		c.say("no supervisor is running; the next start takes this binary")
		return nil
	case err != nil:
		return err
	}
	p, err := c.service.Ping(c.ctx)
	if err != nil {
		return fmt.Errorf("ask the new supervisor: %w", err)
	}
	c.say("updated: supervisor %d is version %s", p.SupervisorPID, p.Version)
	return nil
}
