package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/client"
	"forever/internal/units"
	"forever/internal/wire"
)

func exportCommand() *command {
	return &command{
		name: "export", shape: targets, least: 1, words: "a format: " + strings.Join(units.Formats(), ", "),
		synopsis: []string{"export [options] compose|k8s|systemd [TARGET…]"},
		brief:    "write the apps as files for Compose, Kubernetes or systemd",
		about: `Without a TARGET all apps are written, to stdout, or with --out as files. Of an app's
environment the variables are written that the environment of this call does not
have as well. What the other system cannot do (watching, backoff, memory limits) is
left out; the files are a beginning, to be read before they are used.`,
		options:  []*option{{name: "out", kind: valued, placeholder: "DIR", usage: "write files into this folder; none that is there is replaced"}},
		examples: []example{{"forever export compose", "look at it"}, {"forever export systemd --out units web", "units/web.service"}},
		exits: []exit{
			{"0", "written"},
			{"1", "no app to write, a target matches nothing, or a file cannot be written"},
			{"2", "the command line was wrong"},
		},
		run: (*call).export,
	}
}

func (c *call) export() error {
	format := c.args[0]
	if !slices.Contains(units.Formats(), format) {
		return usagef(c.line.hint(), "unknown format %q (%s)", format, strings.Join(units.Formats(), ", "))
	}
	apps, _, err := c.service.Apps(c.ctx, client.Query{Spec: true, Env: true})
	if err != nil {
		return err
	}
	names := c.args[1:]
	if len(names) == 0 {
		names = []string{"all"}
	}
	found, errs := pick(apps, names)
	if err := c.refuse(errs); err != nil {
		return err
	}
	var specs []wire.Spec
	for _, a := range found {
		if a.Spec != nil {
			specs = append(specs, *a.Spec)
		}
	}
	if len(specs) == 0 {
		return &failure{errors.New("no apps to export"), "forever start PROGRAM"}
	}
	files, err := units.Export(format, specs, os.Environ())
	if err != nil {
		return err
	}
	return c.printFiles(files, c.opts.String("out"))
}

// printFiles writes files into a folder, or one after the other to stdout.
func (c *call) printFiles(files []units.File, dir string) error {
	if dir == "" {
		for i, f := range files {
			if len(files) > 1 {
				f.Text = separator(f.Name, i) + f.Text
			}
			if _, err := fmt.Fprint(c.out, f.Text); err != nil {
				return err
			}
		}
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder for the files: %w", err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := writeNew(path, f.Text); err != nil {
			return &failure{fmt.Errorf("write %s: %w", path, err), "choose another folder, or remove it"}
		}
		c.say("wrote %s", path)
	}
	return nil
}

// separator stands before each of several files on stdout; in YAML it begins a
// document.
func separator(name string, i int) string {
	if filepath.Ext(name) == ".yaml" {
		return "---\n"
	}
	if i > 0 {
		return "\n# file: " + name + "\n"
	}
	return "# file: " + name + "\n"
}

// writeNew writes a file that is not there yet. It may hold passwords.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
