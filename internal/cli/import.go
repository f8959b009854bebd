package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"forever/internal/config"
	"forever/internal/wire"
)

func importCommand() *command {
	return &command{
		name: "import", shape: targets, least: 1, most: 2, words: "pm2, and perhaps a FILE",
		synopsis: []string{"import pm2 [options] [FILE]"},
		brief:    "take over the apps of PM2",
		about: `Asks PM2 (pm2 jlist) for the apps it runs, and prints a config file with them. If it is
not running, and with FILE, what pm2 save has written is read: FILE, or dump.pm2 in
~/.pm2 or $PM2_HOME. With --start they are started instead; stop them in PM2 first.
Apps that are stopped there are not started. Of their environments the variables are
taken that the environment of this call does not have.`,
		options:  []*option{{name: "start", usage: "start the apps, and print no file"}},
		examples: []example{{"forever import pm2 > apps.json", "then read it, and forever start apps.json"}},
		exits: []exit{
			{"0", "printed, or everything was started"},
			{"1", "PM2 does not answer, the file cannot be read, or an app could not be started"},
			{"2", "the command line was wrong"},
		},
		complete: func(*call) []candidate { return []candidate{{word: "pm2"}} },
		run:      (*call).importApps,
	}
}

func (c *call) importApps() error {
	if c.args[0] != "pm2" {
		return usagef(c.line.hint(), "apps are imported from pm2, not from %q", c.args[0])
	}
	list, home, err := c.pm2Apps()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := encodeJSON(&b, map[string]any{"apps": takeOver(list, home, os.Environ())}, "  "); err != nil {
		return err
	}
	if c.opts.Bool("start") {
		return c.startImported(&b)
	}
	_, err = c.out.Write(b.Bytes())
	return err
}

// startImported starts the apps of a config file that is not on the disk.
func (c *call) startImported(file io.Reader) error {
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
	for _, s := range c.wantedNow(&input{}, "apps.json", settings) {
		spec, err := s.Spec(caller)
		if err != nil {
			var bad *config.FileError
			if errors.As(err, &bad) { // its place is in a file that nobody has seen
				err = errors.New(bad.Message)
			}
			wrong = append(wrong, fmt.Errorf("app %q: %w", s.Label(), err))
			continue
		}
		r.Specs = append(r.Specs, spec)
	}
	if len(wrong) > 0 {
		return &failure{errors.Join(wrong...), "nothing was started; forever import pm2 > apps.json, correct it, and start it"}
	}
	o := &outcome{s: c.session, doing: "starting", total: len(r.Specs)}
	if o.total == 0 {
		return o.end(nil)
	}
	return o.end(c.service.Start(c.ctx, r, nil, o.event))
}
