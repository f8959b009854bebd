package cli

import (
	"errors"
	"time"

	"forever/internal/client"
	"forever/internal/render"
	"forever/internal/wire"
)

func saveCommand() *command {
	return &command{
		name: "save", synopsis: []string{"save [options]"},
		brief: "remember the apps that run, for resurrect",
		about: `Writes every app that is wanted running, as it was started (program, arguments,
environment, options), to saved.json in the root. Stopped apps and those of a
forever run are left out. forever resurrect starts what was saved last, forever
startup has that done at boot.`,
		options:  []*option{{name: "force", usage: "also when nothing runs: then there is nothing to resurrect"}},
		examples: []example{{"forever save", "what runs now shall run again after a boot"}},
		exits: []exit{
			{"0", "saved"},
			{"1", "nothing runs, or the file cannot be written; what was saved before is still there"},
			{"2", "the command line was wrong"},
		},
		run: (*call).save,
	}
}

func (c *call) save() error {
	apps, _, err := c.service.Apps(c.ctx, client.Query{Spec: true, Env: true})
	if err != nil {
		return err
	}
	specs := wanted(apps)
	if len(specs) == 0 && !c.opts.Bool("force") {
		return &failure{errors.New("nothing runs, and nothing was saved"), "to forget what was saved before: forever save --force"}
	}
	if err := writeSaved(c.root, saved{Version: savedVersion, SavedAt: time.Now().UTC(), Apps: specs}); err != nil {
		return err
	}
	c.say("saved %s to %s", render.Plural(len(specs), "app"), savedPath(c.root))
	return nil
}

// wanted are the specs of the apps that are meant to run in the background.
func wanted(apps []wire.App) []wire.Spec {
	specs := []wire.Spec{}
	for _, a := range apps {
		if a.Desired != wire.DesiredRunning || a.Spec == nil || a.Spec.Foreground {
			continue
		}
		spec := *a.Spec
		spec.UID = a.UID // it may have been made by the supervisor
		specs = append(specs, spec)
	}
	return specs
}
