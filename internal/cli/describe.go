package cli

import (
	"io"
	"os"
	"time"

	"forever/internal/client"
	"forever/internal/render"
	"forever/internal/target"
	"forever/internal/wire"
)

func describeCommand() *command {
	return &command{
		name: "describe", aliases: []string{"show", "info"}, shape: targets, least: 1, words: "at least one TARGET",
		synopsis: []string{"describe [options] TARGET…"},
		brief:    "show everything known of an app",
		about: `Its settings, files and instances, and how the last runs ended. Environments hold
secrets and are shown only with --env.

` + aboutTargets,
		options: []*option{
			{name: "json", usage: "a JSON array for programs, as of list, with each app's spec"},
			{name: "env", usage: "show the environment too"},
		},
		examples: []example{
			{"forever describe web", "one app"},
			{"forever describe --env --json web", "with its environment, for a script"},
		},
		exits: []exit{
			{"0", "done"},
			{"1", "a target matches nothing; the others were shown"},
			{"2", "the command line was wrong"},
		},
		run: (*call).describe,
	}
}

func (c *call) describe() error {
	q := client.Query{Spec: true, Env: c.opts.Bool("env")}
	apps, err := c.apps(q)
	if err != nil {
		return err
	}
	found, errs := pick(apps, c.args)
	if !q.Env {
		hideEnv(found)
	}
	if c.opts.Bool("json") {
		err = writeJSON(c.out, found, "  ")
	} else {
		err = c.printSheets(found)
	}
	if err != nil {
		return err
	}
	return c.refuse(errs)
}

func (c *call) printSheets(apps []wire.App) error {
	for i := range apps {
		if i > 0 {
			if _, err := io.WriteString(c.out, "\n"); err != nil {
				return err
			}
		}
		if err := render.Describe(c.out, &apps[i], time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// hideEnv takes environments away that nobody asked for, whoever sent them.
func hideEnv(apps []wire.App) {
	for i := range apps {
		if s := apps[i].Spec; s != nil {
			s.Env = nil
		}
	}
}

// pick returns the apps that targets mean, cut down to the instances they mean.
func pick(apps []wire.App, targets []string) ([]wire.App, []*wire.Error) {
	cwd, _ := os.Getwd() // without one no target is a path
	refs, errs := target.Select(apps, cwd, targets)
	var found []wire.App
	for _, ref := range refs {
		for _, a := range apps {
			if a.ID != ref.AppID {
				continue
			}
			if n := len(found); ref.Index != target.All && n > 0 && found[n-1].ID == a.ID {
				found[n-1].Instances = append(found[n-1].Instances, instances(a, ref.Index)...)
				continue
			}
			a.Instances = instances(a, ref.Index)
			found = append(found, a)
		}
	}
	return found, errs
}

// instances are those of an app that an index means.
func instances(a wire.App, index int) []wire.Instance {
	var list []wire.Instance
	for _, in := range a.Instances {
		if index == target.All || in.Index == index {
			list = append(list, in)
		}
	}
	return list
}

// refuse prints the targets that match nothing; they are the command's failure.
func (c *call) refuse(errs []*wire.Error) error {
	for _, e := range errs {
		c.complain(wire.Event{Err: e})
	}
	if len(errs) > 0 {
		return exitCode(codeFailed)
	}
	return nil
}
