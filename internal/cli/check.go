package cli

import (
	"io"
	"strings"

	"forever/internal/config"
	"forever/internal/render"
)

func checkCommand() *command {
	in := &input{}
	return &command{
		name: "check", shape: targets, least: 1, words: "at least one config FILE",
		synopsis: []string{"check [--env NAME] FILE…"},
		brief:    "say whether a config file is right; start nothing",
		about: `Reads the file as start would, finds each program and its interpreter, and tells every
warning and every mistake with its file, line and column. "-" is standard input.`,
		settings: func() []*option {
			return settingOptions(&in.settings, func(o *config.Option) bool { return o.Name == "env" })
		},
		examples: []example{{"forever check apps.yaml", "before it goes to a server"}},
		exits: []exit{
			{"0", "the file is right, perhaps with warnings"},
			{"1", "it is not"},
			{"2", "the command line was wrong"},
		},
		run: func(c *call) error { return c.check(in) },
	}
}

func (c *call) check(in *input) error {
	bad := false
	for _, path := range c.args {
		if err := c.checkFile(in, path); err != nil {
			c.report(err)
			bad = true
		}
	}
	if bad {
		return exitCode(codeFailed)
	}
	return nil
}

func (c *call) checkFile(in *input, path string) error {
	var from io.Reader
	if path == "-" {
		from = c.stdin
	}
	caller, err := c.caller()
	if err != nil {
		return err
	}
	specs, warnings, err := config.Check(path, from, config.LoadOptions{EnvName: in.settings.EnvName}, caller)
	for _, w := range warnings {
		c.warning(w)
	}
	if err != nil {
		return err
	}
	names := make([]string, len(specs))
	for i := range specs {
		names[i] = specs[i].Name
		c.explainStep("app %q: %s", names[i], commandLine(&specs[i]))
	}
	c.say("%s is right: %s (%s)", path, render.Plural(len(specs), "app"), strings.Join(names, ", "))
	return nil
}

// warning prints what is probably not meant in a file.
func (c *call) warning(w config.Warning) {
	if !c.silent {
		c.err.Warning(w.String())
	}
}
