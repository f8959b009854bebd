package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/client"
	"forever/internal/config"
	"forever/internal/wire"
)

// onlyOption chooses from the apps of config files.
func onlyOption(into *[]string, category string) *option {
	return &option{
		name: "only", kind: valued, placeholder: "NAME,…", category: category,
		usage: "of a config file, these apps alone",
		set: func(value string) error {
			for name := range strings.SplitSeq(value, ",") {
				*into = append(*into, strings.TrimSpace(name))
			}
			return nil
		},
	}
}

// chosen are the targets, or with --only those apps that the config files among
// them have started.
func (c *call) chosen(in *override, targets []string) ([]string, error) {
	if len(in.only) == 0 {
		return targets, nil
	}
	var files []string
	for _, word := range targets {
		path, err := filepath.Abs(word)
		if err != nil || !config.IsConfigFile(word) {
			return nil, usagef(c.line.hint(), "--only chooses from a config file, and %q is none", word)
		}
		files = append(files, path)
	}
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return nil, err
	}
	for _, name := range in.only {
		if !slices.ContainsFunc(apps, func(a wire.App) bool { return a.Name == name && slices.Contains(files, a.ConfigFile) }) {
			return nil, &failure{fmt.Errorf("%s has started no app %q", strings.Join(targets, ", "), name), "forever list"}
		}
	}
	return in.only, nil
}

// anew starts the apps of config files as the files have them now, with the
// env_NAME that was asked for, instead of those that run.
func (c *call) anew(in *override) error {
	from := &input{only: in.only}
	from.settings.EnvName = in.settings.EnvName
	for _, word := range c.args {
		if !config.IsConfigFile(word) {
			return usagef("a variable is written NAME=VALUE", "--env %s chooses from a config file, and %q is none", in.settings.EnvName, word)
		}
	}
	apps, err := c.specs(from)
	if err != nil {
		return err
	}
	r := wire.StartRequest{Force: true, WaitMS: in.settings.WaitMS()}
	for _, a := range apps {
		r.Specs = append(r.Specs, a.spec)
	}
	o := &outcome{s: c.session, doing: "restarting", total: len(apps)}
	return o.end(c.service.Start(c.ctx, r, nil, o.event))
}
