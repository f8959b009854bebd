package cli

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"forever/internal/config"
	"forever/internal/limits"
	"forever/internal/proc"
	"forever/internal/render"
	"forever/internal/wire"
)

// input is what the options of start and run say about the apps to start.
type input struct {
	settings config.Settings
	said     bool     // an option that describes the app was given
	only     []string // of a config file
	later    []string // apps of config files that are started on demand alone
}

// app is one app to start: what was said of it, and what came of that.
type app struct {
	settings config.Settings
	spec     wire.Spec
}

// options are all flags of config's table, and what chooses from a config file.
func (in *input) options() []*option {
	options := settingOptions(&in.settings, func(*config.Option) bool { return true })
	for _, o := range options {
		if o.name != "wait" && o.name != "force" {
			o.set = in.noting(o.set)
		}
	}
	return append(options, onlyOption(&in.only, config.CategoryApp))
}

// noting remembers that something was said about the app.
func (in *input) noting(set func(string) error) func(string) error {
	return func(value string) error {
		in.said = true
		return set(value)
	}
}

// specs completes everything that the command line asks for. Nothing is
// returned unless all of it is right.
func (c *call) specs(in *input) ([]app, error) {
	settings, err := c.said(in)
	if err != nil {
		return nil, err
	}
	caller, err := c.caller()
	if err != nil {
		return nil, err
	}
	apps := make([]app, 0, len(settings))
	var wrong []error
	for _, s := range settings {
		spec, err := s.Spec(caller)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		c.explainStep("app %q: %s", spec.Name, commandLine(&spec))
		apps = append(apps, app{s, spec})
	}
	if err := config.Join(wrong); err != nil {
		return nil, err
	}
	return apps, nil
}

// commandLine is what will be executed.
func commandLine(s *wire.Spec) string {
	words := slices.Concat([]string{s.Interpreter}, s.InterpreterArgs, []string{s.Script}, s.Args)
	if s.Interpreter == "" {
		words = words[1:]
	}
	return strings.Join(words, " ") + " in " + s.Cwd
}

// said is what the user's defaults, config files and the command line say, each
// on top of those before.
func (c *call) said(in *input) ([]config.Settings, error) {
	all, err := c.saidHere(in)
	if err != nil {
		return nil, err
	}
	defaults, err := c.defaults()
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i] = over(defaults, all[i])
	}
	return all, nil
}

// saidHere is the same without the user's defaults.
func (c *call) saidHere(in *input) ([]config.Settings, error) {
	if !config.IsConfigFile(c.args[0]) {
		if len(in.only) > 0 {
			return nil, usagef(c.line.hint(), "--only chooses from a config file, and %q is none", c.args[0])
		}
		s := in.settings
		s.Script = c.args[0]
		if len(c.args) > 1 {
			s.Args = append(s.Args, c.args[1:]...)
		}
		return []config.Settings{s}, nil
	}
	var all []config.Settings
	for _, path := range c.args {
		apps, err := c.load(in, path)
		if err != nil {
			return nil, err
		}
		all = append(all, apps...)
	}
	return all, nil
}

// load reads one config file and lays the command line's settings over it.
func (c *call) load(in *input, path string) ([]config.Settings, error) {
	if !config.IsConfigFile(path) {
		return nil, usagef(c.line.hint(), "%q is no config file; programs and config files are started one by one", path)
	}
	var from io.Reader // nil: the file itself
	if path == "-" {
		from = c.stdin
	}
	apps, warnings, err := config.Load(path, from, config.LoadOptions{EnvName: in.settings.EnvName, Only: in.only})
	for _, w := range warnings {
		if !c.silent {
			c.err.Warning(w.String())
		}
	}
	if err != nil {
		return nil, err
	}
	over := in.settings
	over.EnvName = "" // it has been used
	for i := range apps {
		apps[i].Merge(over)
	}
	return c.wantedNow(in, path, apps), nil
}

// wantedNow leaves out the apps that their file wants to be started on demand,
// which is by --only.
func (c *call) wantedNow(in *input, path string, apps []config.Settings) []config.Settings {
	if len(in.only) > 0 {
		return apps
	}
	return slices.DeleteFunc(apps, func(s config.Settings) bool {
		later := s.Autostart != nil && !*s.Autostart
		if later {
			in.later = append(in.later, s.Label())
			c.note("%s is left out, autostart is false: forever start --only %s %s", s.Label(), render.Word(s.Label()), render.Word(path))
		}
		return later
	})
}

// caller is our side of an app: what it inherits.
func (c *call) caller() (config.Caller, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return config.Caller{}, &failure{fmt.Errorf("find the current folder: %w", err), "cd to a folder that is there, and run it again"}
	}
	return config.Caller{
		Cwd: cwd, Env: os.Environ(), Umask: proc.Umask(), Limits: callerLimits(),
		Root: c.root, CPUs: runtime.NumCPU(),
	}, nil
}

func callerLimits() []wire.Limit {
	var list []wire.Limit
	for _, l := range limits.Caller() {
		list = append(list, wire.Limit{Resource: l.Resource, Soft: l.Soft, Hard: l.Hard})
	}
	return list
}
