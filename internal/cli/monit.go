package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"forever/internal/config"
	"forever/internal/logs"
	"forever/internal/monit"
)

// The bounds of --interval: a look takes milliseconds, and the screen forgets
// what is too long ago.
const (
	leastInterval = 100 * time.Millisecond
	mostInterval  = time.Hour
)

func monitCommand() *command {
	interval := time.Second
	return &command{
		name:     "monit",
		synopsis: []string{"monit [options]"},
		brief:    "watch apps on a live screen; keys act on them",
		about: `A list of the apps; of the chosen one its state, its cpu and memory over the last minutes,
and its logs as they come. Cpu and memory are those of all its processes.

Keys: arrows or j and k choose, tab goes to the logs and back, l shows these alone, r
restarts, R reloads, s stops, S starts, d deletes after a question, + and - scale, / looks
for a text, z changes how far the graphs reach back, ? shows all of them, q quits.

Starts nothing by itself: with no supervisor running the state file is shown. What is
measured is measured while the screen is open.`,
		options: []*option{{
			name: "interval", kind: valued, placeholder: "DURATION",
			usage: "between two looks at cpu and memory (1s)",
			set:   func(v string) error { return readInterval(v, &interval) },
		}},
		examples: []example{
			{"forever monit", "the screen"},
			{"forever monit --interval 5s", "look less often; the graphs reach back further"},
		},
		exits: []exit{
			{"0", "quit by a key"},
			{"1", "there is no terminal to draw on, or it is gone"},
			{"2", "the command line was wrong"},
			{"128+n", "ended by signal n"},
		},
		run: func(c *call) error { return c.monit(interval) },
	}
}

func readInterval(text string, to *time.Duration) error {
	d, err := config.ParseDuration(text)
	if err != nil || d < leastInterval || d > mostInterval {
		return usagef("such as 500ms, 2s or 1m", "option --interval wants a duration from %v to 1h, not %q", leastInterval, text)
	}
	*to = d
	return nil
}

func (c *call) monit(interval time.Duration) error {
	window, _ := c.stdout.(*os.File)
	switch {
	case window == nil || !c.out.Terminal || c.stdin == nil || !term.IsTerminal(int(c.stdin.Fd())):
		return &failure{
			errors.New("monit needs a terminal, for its screen and its keys"),
			"forever list --watch, or for a program forever list --json",
		}
	case os.Getenv("TERM") == "dumb":
		return &failure{errors.New("monit cannot draw on this terminal, TERM is dumb"), "forever list --watch"}
	}
	err := monit.Run(c.ctx, monit.Options{
		Root: underHome(c.root), Interval: interval, In: c.stdin, Window: window, Out: c.out,
		Service: c.service, Sample: c.sample, Logs: c.logsOf, Unpack: unpack,
	})
	if ended := new(monit.SignalError); errors.As(err, &ended) {
		return exitCode(signalCode(ended.Signal))
	}
	return err
}

// underHome is a path as a shell user writes it.
func underHome(path string) string {
	home, err := homeFolder()
	if err != nil {
		return path
	}
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok {
		return filepath.Join("~", rest)
	}
	return path
}

// logsOf are the logs of the app with an id.
func (c *call) logsOf(ctx context.Context, id int) ([]logs.Source, error) {
	with := *c
	with.ctx = ctx
	sources, errs, err := (&logFinder{c: &with, words: []string{strconv.Itoa(id)}}).find()
	if err == nil && len(errs) > 0 {
		err = errs[0]
	}
	return sources, err
}
