package cli

import (
	"fmt"
	"io"
	"strings"

	"forever/internal/config"
	"forever/internal/render"
)

func versionCommand() *command {
	return &command{
		name:     "version",
		synopsis: []string{"version"},
		brief:    "print the version",
		about:    "The version of this binary, of its compiler, and the platform. forever ping tells the version that is in charge.",
		examples: []example{{"forever version", "which one is this?"}},
		exits:    []exit{{"0", "done"}, {"2", "the command line was wrong"}},
		run: func(c *call) error {
			_, err := fmt.Fprintln(c.out, versionText())
			return err
		},
	}
}

func helpCommand() *command {
	return &command{
		name: "help", shape: targets, most: 1, words: "at most one ACTION",
		synopsis: []string{"help [ACTION]", "ACTION --help"},
		brief:    "show this page, or that of an action",
		about:    "Without an ACTION: all actions and the options that all of them take.",
		examples: []example{{"forever help start", "everything about start"}},
		exits:    []exit{{"0", "done"}, {"2", "there is no such action"}},
		run:      (*call).help,
	}
}

func (c *call) help() error {
	table := commands()
	var b strings.Builder
	p := &page{b: &b, s: c.out}
	if len(c.args) == 0 {
		p.overview(table)
	} else {
		cmd := lookup(table, c.args[0])
		if cmd == nil {
			return noAction(c.args[0], table)
		}
		p.action(cmd)
	}
	_, err := io.WriteString(c.out, b.String())
	return err
}

// noAction is the error of a word that is no action.
func noAction(word string, table []*command) error {
	hint := "forever help"
	if near := config.Nearest(word, actionNames(table)); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usagef(hint, "there is no action %q", word)
}

// actionNames are the names and aliases that are shown to people.
func actionNames(table []*command) []string {
	var names []string
	for _, cmd := range table {
		if !cmd.hidden {
			names = append(append(names, cmd.name), cmd.aliases...)
		}
	}
	return names
}

// page writes help pages.
type page struct {
	b *strings.Builder
	s *render.Screen
}

func (p *page) head(text string) { fmt.Fprintf(p.b, "\n%s\n", p.s.Paint(text, render.Bold)) }

func (p *page) line(format string, a ...any) { fmt.Fprintf(p.b, format+"\n", a...) }

// overview is the page of `forever help`.
func (p *page) overview(table []*command) {
	p.line("%s keeps programs running", versionText())
	p.head("Usage")
	p.line("  forever ACTION [options] …")
	p.line("  forever [options] PROGRAM [arguments…]   the same as forever run")
	p.head("Actions")
	var rows [][2]string
	for _, cmd := range table {
		if !cmd.hidden {
			rows = append(rows, [2]string{strings.Join(append([]string{cmd.name}, cmd.aliases...), ", "), cmd.brief})
		}
	}
	p.pairs(rows)
	p.head("Options of every action")
	p.options(newGlobals().options)
	p.head("More")
	p.line("  forever help ACTION: its options, examples and exit codes.")
	p.line("  --min-uptime and npm's --minUptime are one option, and so with all of them.")
}

// action is the page of one action.
func (p *page) action(cmd *command) {
	p.line("forever %s: %s", cmd.name, cmd.brief)
	p.head("Usage")
	for _, s := range cmd.synopsis {
		p.line("  forever %s", s)
	}
	if len(cmd.aliases) > 0 {
		p.line("  also: %s", strings.Join(cmd.aliases, ", "))
	}
	fmt.Fprintf(p.b, "\n%s\n", cmd.about)
	p.categories(cmd.all())
	p.head("Options of every action")
	p.options(newGlobals().options)
	p.head("Examples")
	for _, e := range cmd.examples {
		p.line("  %s\n      %s", e.line, e.purpose)
	}
	p.head("Exit codes")
	for _, e := range cmd.exits {
		p.line("  %-5s %s", e.code, e.meaning)
	}
}

// categories prints options under their headings, in the order in which these
// first appear.
func (p *page) categories(options []*option) {
	var order []string
	groups := map[string][]*option{}
	for _, o := range options {
		if o.hidden {
			continue
		}
		if len(groups[o.category]) == 0 {
			order = append(order, o.category)
		}
		groups[o.category] = append(groups[o.category], o)
	}
	for _, name := range order {
		p.head(heading(name))
		p.options(groups[name])
	}
}

// heading is what stands above the options of a category.
func heading(category string) string {
	if category == "" {
		return "Options"
	}
	return category + " options"
}

func (p *page) options(options []*option) {
	var rows [][2]string
	for _, o := range options {
		if !o.hidden {
			rows = append(rows, [2]string{o.heading(), o.usage})
		}
	}
	p.pairs(rows)
}

// heading is how an option is written: -m, --max N.
func (o *option) heading() string {
	var short, long []string
	for _, alias := range o.aliases {
		if len(alias) == 1 {
			short = append(short, "-"+alias)
		}
	}
	long = append(long, "--"+o.name)
	text := strings.Join(append(short, long...), ", ")
	switch o.kind {
	case valued:
		return text + " " + o.placeholder
	case optional:
		return text + "[=" + o.placeholder + "]"
	}
	return text
}

const (
	leftColumn = 34  // the width of the names on a help page
	pageWidth  = 100 // where nobody looks
)

// pairs prints names and what they mean, in two columns; a name that is too
// long has its meaning on the next line.
func (p *page) pairs(rows [][2]string) {
	width := p.s.Width()
	if width == 0 {
		width = pageWidth
	}
	for _, row := range rows {
		name := row[0]
		if render.Width(name) > leftColumn-2 {
			p.line("  %s", name)
			name = ""
		}
		for _, text := range render.Fold(row[1], max(1, width-leftColumn-2), "") {
			p.line("  %-*s%s", leftColumn, name, text)
			name = ""
		}
	}
}
