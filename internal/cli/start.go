package cli

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"forever/internal/client"
	"forever/internal/config"
	"forever/internal/program"
	"forever/internal/target"
	"forever/internal/wire"
)

func startCommand() *command {
	in := &input{}
	return &command{
		name: "start", shape: runs, least: 1, words: "a PROGRAM",
		synopsis: []string{
			"start [options] PROGRAM [arguments…]",
			"start [options] CONFIG-FILE…",
			"start [options] -",
			"start [options] TARGET…",
		},
		brief: "start a program in the background",
		about: `PROGRAM is a file, the same without its suffix, a folder with a package.json, or a
name on PATH. Everything after it belongs to the program. With "-" a config file is
read from standard input. The name or id of a stopped app starts it again, as it was.

A CONFIG-FILE that was started before brings what runs in line with it: new apps
start, changed ones restart, unchanged ones are not touched.

Answers when the program has really been executed and has survived its first
moments; with --wait, when it is ready.`,
		settings: func() []*option { return append(in.options(), dryRunOption()) },
		examples: []example{
			{"forever start server.js --port 8080", "a Node program; --port is its own"},
			{"forever start --name api --max 5 -c 'python3 -u' api.py", "name it, run it at most 5 times, choose the interpreter"},
			{"forever start apps.yaml", "every app of a config file"},
			{"forever start web", "a stopped app, as it was"},
		},
		exits: []exit{
			{"0", "everything was started"},
			{"1", "an app could not be started or died in its first moments, or the config file is wrong"},
			{"2", "the command line was wrong and nothing was started"},
		},
		run: func(c *call) error { return c.start(in) },
	}
}

func dryRunOption() *option {
	return &option{
		name: "dry-run", category: config.CategoryApp, usage: "of a config file, print what would start and restart, and do nothing",
	}
}

func (c *call) start(in *input) error {
	if again, err := c.known(in); err != nil {
		return err
	} else if again {
		return c.startAgain(in)
	}
	specs, err := c.specs(in)
	if err != nil {
		if c.targets(in, err) {
			return c.startAgain(in)
		}
		return err
	}
	if c.planned(in) {
		p, err := c.plan(in, specs)
		if err != nil {
			return err
		}
		return c.follow(in, p)
	}
	if c.opts.Bool("dry-run") {
		return usagef(c.line.hint(), "--dry-run shows what a config file would change; to read anything else: forever check")
	}
	r := wire.StartRequest{Force: in.settings.Forced(), WaitMS: in.settings.WaitMS()}
	for _, s := range specs {
		r.Specs = append(r.Specs, s.spec)
		r.Force = r.Force || s.settings.Forced()
	}
	o := &outcome{s: c.session, doing: "starting", total: len(specs)}
	return o.end(c.service.Start(c.ctx, r, nil, o.event))
}

// startAgain starts apps of the list that are stopped.
func (c *call) startAgain(in *input) error {
	return c.act("start", "starting", wire.TargetRequest{Targets: c.args, WaitMS: in.settings.WaitMS()})
}

// known reports that the words name apps of the list, by name or id, that are
// not meant to run: a command without settings of its own means these, rather
// than a program of that name.
func (c *call) known(in *input) (bool, error) {
	if in.said || config.IsConfigFile(c.args[0]) {
		return false, nil
	}
	for _, word := range c.args {
		if strings.ContainsRune(word, os.PathSeparator) {
			return false, nil
		}
	}
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return false, err
	}
	for _, word := range c.args {
		if !rests(apps, word) {
			return false, nil
		}
	}
	return true, nil
}

// rests reports that word is the id or the name of an app that is not meant to run.
func rests(apps []wire.App, word string) bool {
	for _, a := range apps {
		if a.Name == word || strconv.Itoa(a.ID) == word {
			return a.Desired != wire.DesiredRunning
		}
	}
	return false
}

// targets reports that the words, which are no program, mean apps of the list.
func (c *call) targets(in *input, err error) bool {
	var missing *program.Error
	if in.said || !errors.As(err, &missing) || missing.Exit != program.ExitNotFound {
		return false
	}
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return false
	}
	cwd, _ := os.Getwd()
	found, errs := target.Select(apps, cwd, c.args)
	return len(found) > 0 && len(errs) == 0
}
