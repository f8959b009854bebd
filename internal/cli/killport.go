package cli

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"forever/internal/config"
	"forever/internal/ports"
	"forever/internal/proc"
	"forever/internal/render"
	"forever/internal/who"
)

// killing is what the options of killport said.
type killing struct {
	ports.Options
	timeoutSet bool // the kill timeout of an app counts otherwise
}

func killportCommand() *command {
	in := &killing{Options: ports.Options{Timeout: ports.DefaultTimeout}}
	return &command{
		name: "killport", shape: targets, least: 1, words: "at least one PORT",
		synopsis: []string{"killport [options] PORT…"},
		brief:    "free a port: end what listens on it",
		about: `PORT is 8080 (TCP and UDP), 8080/tcp or 5353/udp. Every process that listens there,
over IPv4 or IPv6, gets SIGTERM, and SIGKILL if it is still there after the timeout;
clients that are merely connected are left alone. Answers when the port is free.

A port that an app of forever holds, of any root of yours, is freed by stopping the
app: a killed process would be started again. Process 1, this command and the
processes in which it runs are spared. Starts nothing, and needs no supervisor.`,
		options: in.table(),
		examples: []example{
			{"forever killport 8080", "who is there, ends"},
			{"forever killport 3000 5353/udp --dry-run", "only say who it would be"},
			{"forever killport --force --tree 8080", "at once, and with all descendants"},
		},
		exits: []exit{
			{"0", "every port was taken and is free now"},
			{"1", "a port was free before, or could not be freed; the others are free now"},
			{"2", "the command line was wrong and nothing was killed"},
		},
		complete: (*call).portWords,
		run:      func(c *call) error { return c.killport(in) },
	}
}

func (in *killing) table() []*option {
	return []*option{
		{name: "signal", aliases: []string{"kill-signal"}, kind: valued, placeholder: "SIG", usage: "the polite signal instead of SIGTERM", set: in.setSignal},
		{name: "timeout", aliases: []string{"kill-timeout"}, kind: valued, placeholder: "DURATION", usage: "from the signal to SIGKILL (default: 2s)", set: in.setTimeout},
		{name: "force", aliases: []string{"f", "9"}, usage: "SIGKILL at once; processes in which this command runs are not spared", set: truthInto(&in.Force)},
		{name: "tree", aliases: []string{"t"}, usage: "end the descendants of what listens, too", set: truthInto(&in.Tree)},
		{name: "dry-run", aliases: []string{"n"}, usage: "say what would be done, and do nothing", set: truthInto(&in.DryRun)},
		{name: "json", usage: "a JSON array for programs, with an object for each port"},
	}
}

// truthInto is the set function of a switch.
func truthInto(b *bool) func(string) error {
	return func(value string) error { *b, _ = truth(value); return nil }
}

func (in *killing) setSignal(value string) error {
	sig, err := proc.ParseSignal(value)
	if err != nil {
		return usagef("forever help killport", "option --signal: %v", err)
	}
	in.Signal = sig
	return nil
}

func (in *killing) setTimeout(value string) error {
	d, err := config.ParseDuration(value)
	if err != nil {
		return usagef("forever help killport", "option --timeout %v", err)
	}
	in.Timeout, in.timeoutSet = d, true
	return nil
}

func (c *call) killport(in *killing) error {
	list, err := ports.ParseAll(c.args)
	if err != nil {
		return usagef("forever help killport", "%v; nothing was killed", err)
	}
	o := &owners{c.visit, in.appSignal(), in.appTimeout()}
	in.HasApp, in.StopApp = o.has, o.stop
	in.Keeper = func(p who.Process) bool { return isKeeper(p.Args) }
	if !c.silent {
		c.err.Progress("freeing " + portNames(list) + "…")
	}
	results, err := ports.Free(c.ctx, list, in.Options)
	c.err.EndProgress()
	if err != nil {
		return err
	}
	if c.opts.Bool("json") {
		if err := encodeJSON(c.out, results, "  "); err != nil {
			return err
		}
	}
	return c.tellFreed(results)
}

func portNames(list []ports.Port) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.String()
	}
	return "port " + strings.Join(words, ", ")
}

// tellFreed prints what became of each port, and is the command's error.
func (c *call) tellFreed(results []ports.Result) error {
	var failed error
	var revived revivals
	for _, r := range results {
		if did := c.deeds(&r); len(did) > 0 && !c.opts.Bool("json") {
			c.say("%s", headed(&r, did))
		}
		if r.Err != nil {
			failed = exitCode(codeFailed)
			c.err.Error(r.Err.Message)
			if r.Err.Hint != "" {
				c.err.Hint(r.Err.Hint)
			}
		}
		for _, e := range r.Ended {
			if e.App != nil && r.State != ports.WouldFree {
				revived.add(e.PID, *e.App)
			}
		}
	}
	c.hintRevivals(revived)
	return failed
}

// headed puts what was done under the port, or behind it if it is one thing.
func headed(r *ports.Result, did []string) string {
	head := "port " + r.Port.String()
	if r.State == ports.Freed {
		head += " is free"
	}
	if len(did) == 1 {
		return head + ": " + did[0]
	}
	return head + ":\n" + strings.Join(did, "\n")
}

// deeds are what was done for a port, or would be.
func (c *call) deeds(r *ports.Result) []string {
	var did []string
	kill, stop := "killed", "stopped"
	if r.State == ports.WouldFree {
		kill, stop = "would kill", "would stop"
	}
	for _, app := range r.Stopped {
		did = append(did, fmt.Sprintf("%s app %s", stop, c.appName(app)))
	}
	for _, e := range r.Ended {
		how := kill
		if e.Signal == "" {
			how = "ended by itself:"
		}
		did = append(did, how+" "+c.portrait(e))
	}
	return did
}

// appName names an app, with its root where that is not ours.
func (c *call) appName(app who.App) string {
	text := fmt.Sprintf("%q (id %d", app.Name, app.ID)
	if app.Root != c.root {
		text += ", root " + app.Root
	}
	return text + ")"
}

// longestCommand is how much of a command line a person is shown.
const longestCommand = 160

// portrait tells which process it is.
func (c *call) portrait(e ports.Ended) string {
	facts := []string{fmt.Sprintf("pid %d", e.PID), "user " + e.User, e.Signal}
	facts = slices.DeleteFunc(facts, func(s string) bool { return s == "" || s == "user " })
	command := e.Command()
	if c.out.Terminal {
		command = render.Truncate(command, longestCommand)
	}
	return fmt.Sprintf("%s (%s): %s", who.Printable(e.Name), strings.Join(facts, ", "), command)
}

// appTimeout is the kill timeout, in milliseconds, that is asked of an app's
// supervisor; nil: the app's own.
func (in *killing) appTimeout() *int64 {
	if !in.timeoutSet {
		return nil
	}
	ms := in.Timeout.Milliseconds()
	return &ms
}

// appSignal is the stop signal that is asked of an app's supervisor; empty: the
// app's own.
func (in *killing) appSignal() string {
	switch {
	case in.Force:
		return proc.SignalName(syscall.SIGKILL)
	case in.Signal != 0:
		return proc.SignalName(in.Signal)
	}
	return ""
}
