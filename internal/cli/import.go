package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/config"
	"forever/internal/wire"
)

func importCommand() *command {
	return &command{
		name: "import", shape: targets, least: 1, most: 2, words: "pm2, and perhaps a FILE",
		synopsis: []string{"import pm2 [options] [FILE]"},
		brief:    "take over the apps that PM2 has saved",
		about: `Reads FILE, or ~/.pm2/dump.pm2 that pm2 save writes, and prints a config file with
these apps. With --start they are started instead; stop them in PM2 first. Of their
environments the variables are taken that the environment of this call does not have.`,
		options:  []*option{{name: "start", usage: "start the apps, and print no file"}},
		examples: []example{{"forever import pm2 > apps.json", "then read it, and forever start apps.json"}},
		exits: []exit{
			{"0", "printed, or everything was started"},
			{"1", "the file cannot be read, or an app could not be started"},
			{"2", "the command line was wrong"},
		},
		complete: func(*call) []candidate { return []candidate{{word: "pm2"}} },
		run:      (*call).importApps,
	}
}

// dumped is one process of PM2's dump, as far as it can be taken over.
type dumped struct {
	Name        string         `json:"name"`
	Namespace   string         `json:"namespace"`
	Script      string         `json:"pm_exec_path"`
	Args        any            `json:"args"`
	Cwd         string         `json:"pm_cwd"`
	Interpreter string         `json:"exec_interpreter"`
	NodeArgs    any            `json:"node_args"`
	Mode        string         `json:"exec_mode"`
	Autorestart *bool          `json:"autorestart"`
	KillTimeout any            `json:"kill_timeout"`
	Env         map[string]any `json:"env"`
}

func (c *call) importApps() error {
	if c.args[0] != "pm2" {
		return usagef(c.line.hint(), "apps are imported from pm2, not from %q", c.args[0])
	}
	path, err := c.dumpPath()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return &failure{fmt.Errorf("read what PM2 has saved: %w", err), "pm2 save writes it"}
	}
	var list []dumped
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("%s is no dump of PM2: %w", path, err)
	}
	if len(list) == 0 {
		return &failure{fmt.Errorf("%s has no apps", path), "pm2 save writes those that run"}
	}
	var b bytes.Buffer
	if err := encodeJSON(&b, map[string]any{"apps": takeOver(list, os.Environ())}, "  "); err != nil {
		return err
	}
	if !c.opts.Bool("start") {
		_, err := c.out.Write(b.Bytes())
		return err
	}
	return c.startImported(&b)
}

func (c *call) dumpPath() (string, error) {
	if len(c.args) > 1 {
		return c.args[1], nil
	}
	if home := os.Getenv("PM2_HOME"); home != "" {
		return filepath.Join(home, "dump.pm2"), nil
	}
	home, err := homeFolder()
	return filepath.Join(home, ".pm2", "dump.pm2"), err
}

// takeOver makes apps of processes: PM2 has one for each instance.
func takeOver(list []dumped, base []string) []map[string]any {
	var apps []map[string]any
	count := map[string]int{}
	for i := range list {
		d := &list[i]
		count[d.Name]++
		if count[d.Name] > 1 {
			at := slices.IndexFunc(apps, func(a map[string]any) bool { return a["name"] == d.Name })
			apps[at]["instances"] = count[d.Name]
			continue
		}
		apps = append(apps, d.app(base))
	}
	return apps
}

func (d *dumped) app(base []string) map[string]any {
	app := map[string]any{"name": d.Name, "script": d.Script}
	put := func(key string, value any) {
		if value != nil && value != "" {
			app[key] = value
		}
	}
	put("namespace", d.Namespace)
	put("cwd", d.Cwd)
	put("args", d.Args)
	put("interpreter", d.Interpreter)
	put("node_args", d.NodeArgs)
	put("kill_timeout", d.KillTimeout)
	if d.Mode == "cluster_mode" {
		app["exec_mode"] = "cluster"
	}
	if d.Autorestart != nil {
		app["autorestart"] = *d.Autorestart
	}
	if env := d.env(base); len(env) > 0 {
		app["env"] = env
	}
	return app
}

// env are the variables of the program's own: neither PM2's nor the caller's.
func (d *dumped) env(base []string) map[string]string {
	own := map[string]string{}
	for name, value := range d.Env {
		text, ok := value.(string)
		pm2s := strings.HasPrefix(name, "PM2_") || strings.HasPrefix(name, "pm_") ||
			slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_", "NODE_APP_INSTANCE", "unique_id", "name", "namespace", "status"}, name)
		if ok && name != "" && !pm2s && !slices.Contains(base, name+"="+text) {
			own[name] = text
		}
	}
	return own
}

// startImported starts the apps of a config file that is not on the disk.
func (c *call) startImported(file *bytes.Buffer) error {
	settings, _, err := config.Load("-", file, config.LoadOptions{})
	if err != nil {
		return err
	}
	caller, err := c.caller()
	if err != nil {
		return err
	}
	var r wire.StartRequest
	var wrong []error
	for i := range settings {
		spec, err := settings[i].Spec(caller)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		r.Specs = append(r.Specs, spec)
	}
	if len(wrong) > 0 {
		return &failure{errors.Join(wrong...), "nothing was started; forever import pm2 > apps.json, correct it, and start it"}
	}
	o := &outcome{s: c.session, doing: "starting", total: len(r.Specs)}
	return o.end(c.service.Start(c.ctx, r, nil, o.event))
}
