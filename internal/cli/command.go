package cli

import (
	"context"
	"slices"

	cli "github.com/urfave/cli/v2"

	"forever/internal/render"
)

// shape says what a command takes beside options, and so where options may stand.
type shape int

const (
	alone   shape = iota // nothing
	targets              // words; options may stand anywhere
	runs                 // PROGRAM and its arguments; our options stand before it
	classic              // a command line of its own, which is none of our business
)

// command is one action: how it is called, what its help page says, what it does.
type command struct {
	name     string
	aliases  []string
	shape    shape
	least    int    // how many words it needs at least
	most     int    // how many it takes at most; 0: any number
	words    string // what it needs, for the error: "at least one TARGET"
	synopsis []string
	brief    string           // one line, lower case, for the list of actions
	about    string           // paragraphs of the help page
	options  []*option        // of its own; all has the others too
	settings func() []*option // entries of config's table, made when somebody asks for them
	examples []example
	exits    []exit
	hidden   bool
	counts   bool                    // a word may be a negative number
	complete func(*call) []candidate // its words, where these are no apps
	run      func(*call) error
}

// example is a command line that works when pasted, and what it is for.
type example struct{ line, purpose string }

// exit is an exit code and when it comes.
type exit struct{ code, meaning string }

// call is one run of a command.
type call struct {
	*session
	ctx  context.Context
	args []string // words, or PROGRAM and its arguments
	opts *cli.Context
	line *line
}

// all are the options of the action. They are made once: an option keeps what
// was given to it.
func (c *command) all() []*option {
	if c.settings != nil {
		c.options, c.settings = append(c.options, c.settings()...), nil
	}
	return c.options
}

func (c *command) answers(name string) bool {
	return c.name == name || slices.Contains(c.aliases, name)
}

// commands is the table of all actions, in the order of the help page. It is
// made anew for each call: options keep what was given to them. A call needs those
// of one action, and config's table is long.
func commands() []*command {
	return []*command{
		startCommand(), runCommand(),
		listCommand(), describeCommand(), logsCommand(), monitCommand(),
		stopCommand(), stopallCommand(),
		restartCommand(), restartallCommand(),
		deleteCommand(), deleteallCommand(),
		flushCommand(), cleanlogsCommand(), reloadLogsCommand(),
		signalCommand(), resetCommand(),
		reloadCommand(), scaleCommand(), sendCommand(),
		killportCommand(), portsCommand(),
		fuserCommand(), tasklistCommand(), taskkillCommand(),
		saveCommand(), resurrectCommand(), startupCommand(), unstartupCommand(),
		checkCommand(), exportCommand(), importCommand(),
		configCommand(), setCommand(), clearCommand(), columnsCommand(),
		pingCommand(), updateCommand(), killCommand(),
		versionCommand(), completionCommand(), helpCommand(),
		completeCommand(),
	}
}

// lookup is the command that name means, or nil.
func lookup(table []*command, name string) *command {
	for _, c := range table {
		if c.answers(name) {
			return c
		}
	}
	return nil
}

// globals are the options that every action takes, before and after its name.
type globals struct {
	root            string
	silent, verbose bool
	color           render.ColorChoice
	options         []*option
}

func newGlobals() *globals {
	g := &globals{}
	g.options = []*option{
		{
			name: "root", aliases: []string{"path", "p"}, kind: valued, placeholder: "DIR",
			usage: "the folder of this forever (FOREVER_ROOT, else ~/.forever)",
			set:   func(v string) error { return g.setRoot(v) },
		},
		{
			name: "silent", aliases: []string{"s"}, usage: "print errors only",
			set: func(v string) error { g.silent, _ = truth(v); return nil },
		},
		{
			name: "verbose", aliases: []string{"v", "debug", "d"}, usage: "explain each step",
			set: func(v string) error { g.verbose, _ = truth(v); return nil },
		},
		{
			name: "plain", usage: "no colours",
			set: func(v string) error { return g.colors(v, render.ColorNever, render.ColorAuto) },
		},
		{
			name: "colors", aliases: []string{"color"}, usage: "colours also into a pipe; --no-colors: none",
			set: func(v string) error { return g.colors(v, render.ColorForce, render.ColorNever) },
		},
		{name: "help", aliases: []string{"h"}, usage: "show the help page of the action"},
		{name: "version", usage: "print the version"},
	}
	return g
}

func (g *globals) setRoot(dir string) error {
	if dir == "" {
		return usagef("", "--root needs the name of a folder")
	}
	g.root = dir
	return nil
}

func (g *globals) colors(value string, yes, no render.ColorChoice) error {
	g.color = no
	if on, _ := truth(value); on {
		g.color = yes
	}
	return nil
}
