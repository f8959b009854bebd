package cli

import (
	"fmt"
	"slices"

	"forever/internal/client"
	"forever/internal/logs"
	"forever/internal/wire"
)

func flushCommand() *command {
	return &command{
		name: "flush", shape: targets,
		synopsis: []string{"flush [TARGET…]"},
		brief:    "empty the logs of apps",
		about: `Empties the log files, and deletes those that were put aside. Without a TARGET those of
all apps. What their programs print afterwards is in the logs. Needs no supervisor.

` + aboutTargets,
		examples: []example{
			{"forever flush", "forget all output"},
			{"forever flush web", "that of one app"},
		},
		exits: targetExits,
		run:   (*call).flush,
	}
}

func (c *call) flush() error {
	words := c.args
	if len(words) == 0 {
		words = []string{"all"}
	}
	apps, live, err := c.service.Apps(c.ctx, client.Query{})
	switch {
	case err != nil:
		return err
	case len(apps) == 0 && len(c.args) == 0:
		c.note("no apps")
		return nil
	case live:
		return c.act("flush", "emptying the logs of", wire.TargetRequest{Targets: words})
	}
	return c.flushFiles(apps, words)
}

// flushFiles empties logs that nobody writes to.
func (c *call) flushFiles(apps []wire.App, words []string) error {
	found, errs := pick(apps, words)
	failed := c.refuse(errs)
	for _, a := range found {
		err := flushApp(&a, apps)
		if err != nil {
			failed = exitCode(c.report(fmt.Errorf("app %q: %w", a.Name, err)))
			continue
		}
		c.say("flushed %q (id %d)", a.Name, a.ID)
	}
	return failed
}

func flushApp(a *wire.App, apps []wire.App) error {
	var done []string
	for _, s := range logSources([]wire.App{*a}, apps) {
		if slices.Contains(done, s.Path) {
			continue
		}
		if err := logs.Flush(s.Path); err != nil {
			return fmt.Errorf("empty log: %w", err)
		}
		done = append(done, s.Path)
	}
	return nil
}

func reloadLogsCommand() *command {
	return &command{
		name:     "reload-logs",
		aliases:  []string{"reloadLogs"},
		synopsis: []string{"reload-logs"},
		brief:    "open the log files again, after others renamed them",
		about: `For logrotate, as its postrotate command: when this answers, nothing more is written to
the files that were renamed. SIGUSR2 to the supervisor does the same. Forever rotates logs
by itself (--log-max-size, --log-max-files); for logrotate switch that off with
--log-max-size 0.`,
		examples: []example{{"forever reload-logs", "after the files were renamed"}},
		exits: []exit{
			{"0", "done, or nobody has files open"},
			{"1", "it could not be done"},
			{"2", "the command line was wrong"},
		},
		run: (*call).reloadLogs,
	}
}

func (c *call) reloadLogs() error {
	apps, live, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return err
	}
	if !live || len(apps) == 0 {
		c.say("nothing runs that has log files open")
		return nil
	}
	return c.act("reload-logs", "reopening the logs of", wire.TargetRequest{Targets: []string{"all"}})
}
