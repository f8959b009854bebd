package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"forever/internal/client"
	"forever/internal/logs"
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
	sources := c.sources(found, apps)
	if len(sources) == 0 {
		return refused
	}
	if err := c.readLogs(sources, last, c.printer(sources)); err != nil {
		return err
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

// sources are the files that hold the output of the found instances. all tells
// how many instances each app has, found or not.
func (c *call) sources(found, all []wire.App) []logs.Source {
	var list []logs.Source
	for i := range found {
		a := &found[i]
		several := slices.ContainsFunc(all, func(b wire.App) bool { return b.ID == a.ID && len(b.Instances) > 1 })
		if !several {
			list = append(list, c.files(a, 0, a.OutFile, a.ErrFile)...)
			continue
		}
		for _, in := range a.Instances {
			list = append(list, c.files(a, in.Index, instanceFile(a.OutFile, in.Index), instanceFile(a.ErrFile, in.Index))...)
		}
	}
	return list
}

// files are the log files of one instance that were asked for.
func (c *call) files(a *wire.App, index int, out, errs string) []logs.Source {
	var list []logs.Source
	add := func(path, stream string) {
		if path != "" && path != os.DevNull {
			list = append(list, logs.Source{App: a.Name, ID: a.ID, Instance: index, Path: path, Stream: stream})
		}
	}
	both := errs == "" || errs == out
	if both || !c.opts.Bool("err") {
		add(out, "out")
	}
	if !both && !c.opts.Bool("out") {
		add(errs, "err")
	}
	return list
}

// instanceFile is the file of another instance, given that of instance 0:
// web-out-0.log and web-out-2.log.
func instanceFile(path string, index int) string {
	ext := filepath.Ext(path)
	base, ok := strings.CutSuffix(strings.TrimSuffix(path, ext), "-0")
	if !ok {
		return path // one file for all
	}
	return base + "-" + strconv.Itoa(index) + ext
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
