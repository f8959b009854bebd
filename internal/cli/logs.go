package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"

	"forever/internal/client"
	"forever/internal/logs"
	"forever/internal/render"
	"forever/internal/target"
	"forever/internal/wire"
)

// defaultLines is how many last lines logs shows unasked.
const defaultLines = 20

func logsCommand() *command {
	return &command{
		name: "logs", shape: targets,
		synopsis: []string{"logs [options] [TARGET…]"},
		brief:    "show the last lines of apps, then follow",
		about: `Reads the log files themselves and needs no supervisor. Without a TARGET all apps are
shown; lines of several apps begin with the app's name, then | for stdout or ! for
stderr.

` + aboutTargets,
		options: []*option{
			{name: "number", aliases: []string{"n", "lines"}, kind: valued, placeholder: "N", usage: "how many last lines of each file (default: 20); all: every line"},
			{name: "out", usage: "stdout only"},
			{name: "err", usage: "stderr only"},
			{name: "nostream", aliases: []string{"no-follow"}, usage: "do not follow"},
			{name: "fifo", aliases: []string{"f", "follow"}, usage: "follow, which is the default"},
			{name: "json", usage: "one JSON object per line"},
			{name: "raw", usage: "the lines as they were written, with nothing in front"},
		},
		examples: []example{
			{"forever logs web -n 50", "the last 50 lines, and what follows"},
			{"forever logs --err --nostream", "the last errors of everybody"},
			{"forever logs web --json --nostream", "for a script"},
		},
		exits: []exit{
			{"0", "done"},
			{"1", "a target matches nothing, or a file could not be read; the others were shown"},
			{"2", "the command line was wrong"},
		},
		run: (*call).logs,
	}
}

func (c *call) logs() error {
	last, err := lineCount(c.opts.String("number"))
	if err != nil {
		return err
	}
	if c.opts.Bool("out") && c.opts.Bool("err") {
		return usagef("without either both are shown", "--out and --err exclude each other")
	}
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return err
	}
	words := c.args
	if len(words) == 0 {
		words = []string{"all"}
	}
	found, errs := pick(apps, words)
	if len(found) == 0 && len(errs) == 0 {
		c.note("no apps")
		return nil
	}
	refused := c.refuse(errs)
	if sources := c.sources(found); len(sources) > 0 {
		if err := c.readLogs(sources, last, c.printer(found)); err != nil {
			return err
		}
	}
	return refused
}

// lineCount reads -n: a number, or all.
func lineCount(text string) (int, error) {
	switch text {
	case "":
		return defaultLines, nil
	case "all":
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, usagef("", "option --number wants a whole number from 0, or all, not %q", text)
	}
	return n, nil
}

// sources are the files that hold the output of apps.
func (c *call) sources(apps []wire.App) []logs.Source {
	var list []logs.Source
	add := func(a *wire.App, path, stream string) {
		if path == "" || path == "/dev/null" {
			return
		}
		list = append(list, logs.Source{App: a.Name, ID: a.ID, Instance: instanceOf(a), Path: path, Stream: stream})
	}
	for i := range apps {
		a := &apps[i]
		if !c.opts.Bool("err") {
			add(a, a.OutFile, "out")
		}
		if !c.opts.Bool("out") && a.ErrFile != a.OutFile {
			add(a, a.ErrFile, "err")
		}
	}
	return list
}

// instanceOf is the one instance of an app, or -1.
func instanceOf(a *wire.App) int {
	if len(a.Instances) == 1 {
		return a.Instances[0].Index
	}
	return target.All
}

// readLogs prints the last lines of each source, and then each new one.
func (c *call) readLogs(sources []logs.Source, last int, p *linePrinter) error {
	if !c.opts.Bool("nostream") {
		ctx, cancel := context.WithCancelCause(c.ctx)
		defer cancel(nil)
		err := logs.Follow(ctx, sources, last, func(l logs.Line) {
			if err := p.print(l); err != nil {
				cancel(err) // whoever read us is gone
			}
		})
		return errors.Join(err, context.Cause(ctx))
	}
	var failed error
	for _, src := range sources {
		if err := c.tail(src, last, p); err != nil {
			failed = exitCode(c.report(err))
		}
	}
	return failed
}

// tail prints the last lines of one source; one that is not there has none.
func (c *call) tail(src logs.Source, last int, p *linePrinter) error {
	if last < 0 {
		last = math.MaxInt
	}
	lines, err := logs.Tail(src.Path, last)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read log of app %q: %w", src.App, err)
	}
	for _, text := range lines {
		line := logs.Line{App: src.App, ID: src.ID, Instance: src.Instance, Stream: src.Stream, Text: []byte(text)}
		if err := p.print(line); err != nil {
			return err
		}
	}
	return nil
}

// linePrinter prints lines in the way that was asked for.
type linePrinter struct {
	out       *render.Screen
	json, raw bool
	width     int // of the names in front; 0: none
}

func (c *call) printer(apps []wire.App) *linePrinter {
	p := &linePrinter{out: c.out, json: c.opts.Bool("json"), raw: c.opts.Bool("raw")}
	if len(apps) > 1 {
		for _, a := range apps {
			p.width = max(p.width, render.Width(render.Escape(a.Name)))
		}
	}
	return p
}

func (p *linePrinter) print(l logs.Line) error {
	switch {
	case p.json:
		return encodeJSON(p.out, jsonLine{l.App, l.ID, l.Instance, l.Stream, string(l.Text)}, "")
	case p.raw:
		_, err := p.out.Write(append(l.Text, '\n'))
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s%s\n", p.prefix(l), p.out.Line(string(l.Text)))
	return err
}

// jsonLine is a line of output as `logs --json` prints it.
type jsonLine struct {
	App      string `json:"app"`
	ID       int    `json:"id"`
	Instance int    `json:"instance"` // -1: of several
	Stream   string `json:"stream"`   // out or err
	Text     string `json:"text"`
}

// prefix says whose line it is, where there are several apps.
func (p *linePrinter) prefix(l logs.Line) string {
	if p.width == 0 {
		return ""
	}
	name := render.Escape(l.App)
	for render.Width(name) < p.width {
		name += " "
	}
	if l.Stream == "err" {
		return p.out.Paint(name+" ! ", render.Red)
	}
	return p.out.Paint(name+" | ", render.Blue)
}
