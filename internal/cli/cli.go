// Package cli is forever's command line: one file per action, which parses,
// calls the client and prints. It is a client of the control API like any
// other: what it can do, a script can do.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	cli "github.com/urfave/cli/v2"

	"forever/internal/config"
)

// Version is the version of this program.
var Version = "0.1.0"

// Main runs the command line args, whose first element is the program's name,
// and returns the exit code: 0 done, 1 it failed, 2 the command line was wrong;
// in the foreground the program's own. Results go to stdout, everything else
// to stderr.
func Main(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	s := newSession(stdin, stdout, stderr)
	s.measure()
	return s.main(args)
}

func (s *session) main(args []string) int {
	if len(args) == 0 {
		args = []string{"forever"}
	}
	if action := named(args[0]); action != "" {
		args = append([]string{"forever", action}, args[1:]...)
	}
	g := newGlobals()
	r := &reader{table: tableFor(args[1:]), globals: g.options, opens: config.IsConfigFile}
	l, err := r.read(args[1:])
	if err != nil {
		return s.report(err)
	}
	l.detour()
	return s.report(s.dispatch(l, g))
}

// tableFor is the table of all actions, or of the one helper that is called.
func tableFor(args []string) []*command {
	if len(args) > 0 {
		if cmd := helper(args[0]); cmd != nil {
			return []*command{cmd}
		}
	}
	return commands()
}

// detour turns --version, --help and an empty line into the actions they mean.
func (l *line) detour() {
	switch {
	case l.version && l.cmd == nil:
		l.cmd, l.flags, l.args = versionCommand(), nil, nil
	case l.help && l.cmd != nil && !l.implied:
		l.cmd, l.flags, l.args = helpCommand(), nil, []string{l.cmd.name}
	case l.help || l.cmd == nil:
		l.cmd, l.flags, l.args = helpCommand(), nil, nil
	}
}

// dispatch lets the library parse the line and runs the action.
func (s *session) dispatch(l *line, g *globals) error {
	app := &cli.App{
		Name: "forever", HideHelp: true, HideVersion: true,
		Flags:  flags(g.options),
		Writer: io.Discard, ErrWriter: io.Discard,
		ExitErrHandler: func(*cli.Context, error) {}, // exit codes are Main's to return
		Compiled:       time.Unix(0, 1),              // known, so that nobody looks at the binary's date
		Commands: []*cli.Command{{
			Name: l.cmd.name, HideHelp: true, Flags: flags(l.cmd.all()),
			Action: func(ctx *cli.Context) error { return s.perform(l, g, ctx) },
		}},
	}
	return app.RunContext(context.Background(), l.argv("forever"))
}

func flags(options []*option) []cli.Flag {
	list := make([]cli.Flag, len(options))
	for i, o := range options {
		list[i] = o
	}
	return list
}

// perform checks what was given and runs the action.
func (s *session) perform(l *line, g *globals, ctx *cli.Context) error {
	for _, o := range slices.Concat(g.options, l.cmd.all()) {
		if o.fault != nil {
			return o.fault
		}
	}
	if err := count(l.cmd, ctx.NArg()); err != nil {
		return err
	}
	if err := s.open(g); err != nil {
		return err
	}
	c := &call{session: s, ctx: ctx.Context, args: ctx.Args().Slice(), opts: ctx, line: l}
	return l.cmd.run(c)
}

// count checks the number of words.
func count(cmd *command, n int) error {
	hint := "forever help " + cmd.name
	switch {
	case cmd.shape == alone && n > 0:
		return usagef(hint, "%s takes no arguments", cmd.name)
	case n < cmd.least:
		return usagef(hint, "%s needs %s", cmd.name, cmd.words)
	case cmd.most > 0 && n > cmd.most:
		return usagef(hint, "%s takes %s", cmd.name, cmd.words)
	}
	return nil
}

// versionText is what `forever version` prints.
func versionText() string {
	return fmt.Sprintf("forever %s (%s, %s/%s)", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
