package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"forever/internal/logs"
)

func logsCommand() *command {
	q := &logQuery{}
	return &command{
		name: "logs", shape: targets,
		synopsis: []string{"logs [options] [TARGET…]", "logs --list [TARGET…]"},
		brief:    "show the last lines of apps, then follow",
		about: `Reads the log files themselves, also those that were put aside and compressed, and needs
no supervisor. Without a TARGET all apps are shown, also those that start later. On a
terminal, and elsewhere where lines of several apps are mixed, they begin with the app's
name, then | for stdout or ! for stderr.

A line was written when --since and --until say, to within a second; lines of
--log-type json bear their own time. A TIME is a duration before now (10m, 1d), a time of
today (15:04), or a date (2026-01-02, "2026-01-02 15:04:05", 2026-01-02T15:04:05Z).

` + aboutTargets,
		options: q.options(),
		examples: []example{
			{"forever logs web -n 50", "the last 50 lines, and what follows"},
			{"forever logs --err --nostream", "the last errors of everybody"},
			{"forever logs --since 10m --grep 'time(d )?out'", "what went wrong just now"},
			{"forever logs web --json --nostream", "for a script"},
			{"forever logs --list", "where the files are, and how big"},
		},
		exits: []exit{
			{"0", "done"},
			{"1", "a target matches nothing, or a file could not be read; the others were shown"},
			{"2", "the command line was wrong"},
		},
		run: func(c *call) error { return c.logs(q) },
	}
}

func (c *call) logs(q *logQuery) error {
	if err := q.check(); err != nil {
		return err
	}
	words := c.args
	if len(words) == 0 {
		words = []string{"all"}
	}
	finder := &logFinder{c: c, words: words}
	sources, errs, err := finder.find()
	if err != nil {
		return err
	}
	refused := c.refuse(errs)
	switch {
	case finder.none && refused == nil:
		c.note("no apps")
		return nil
	case q.list && len(sources) == 0 && !q.json:
		return refused
	case q.list:
		return errors.Join(c.listLogs(sources, q.json), refused)
	case len(sources) == 0:
		return refused
	}
	c.explainBlend(finder, sources, q)
	if err := c.readLogs(finder, sources, q); err != nil {
		return err
	}
	return refused
}

// readLogs prints the lines that were asked for, and then each new one.
func (c *call) readLogs(finder *logFinder, sources []logs.Source, q *logQuery) error {
	p := c.printer(sources, q)
	if !q.follows() {
		return c.readOnce(sources, q, p)
	}
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	query := q.query()
	query.More = func() []logs.Source {
		more := q.streams(finder.more())
		c.explainBlend(finder, more, q)
		p.meet(more)
		return more
	}
	stopAt := func(err error) {
		if err != nil {
			cancel(err) // whoever read us is gone
		}
	}
	query.Pause = func() { stopAt(p.flush()) }
	err := logs.Follow(ctx, q.streams(sources), query, func(l logs.Line) { stopAt(p.print(l)) })
	flushed := p.flush()
	return errors.Join(err, cmp.Or(context.Cause(ctx), flushed))
}

// explainBlend says which lines are shown although others were asked for, because
// the log does not tell them apart.
func (c *call) explainBlend(finder *logFinder, sources []logs.Source, q *logQuery) {
	for i, s := range sources {
		first := i == 0 || sources[i-1].ID != s.ID
		if first && finder.blend[s.ID] {
			c.note("the instances of app %q share a log that does not tell their lines apart: all are shown", s.App)
		}
		if s.Stream == streamBoth && !s.JSON && q.stream() != "" {
			c.note("the log of app %q has both streams and does not tell their lines apart: all are shown", s.App)
		}
	}
}

func (c *call) readOnce(sources []logs.Source, q *logQuery, p *linePrinter) error {
	var failed error
	for _, src := range q.streams(sources) {
		ctx, cancel := context.WithCancelCause(c.ctx)
		err := logs.Read(ctx, src, q.query(), func(l logs.Line) {
			if err := p.print(l); err != nil {
				cancel(err)
			}
		})
		gone := cmp.Or(context.Cause(ctx), p.flush())
		cancel(nil)
		switch {
		case gone != nil:
			return gone
		case err != nil:
			failed = exitCode(c.report(fmt.Errorf("read log of app %q: %w", src.App, err)))
		}
	}
	return failed
}
