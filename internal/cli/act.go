package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"forever/internal/client"
	"forever/internal/target"
	"forever/internal/wire"
)

// outcome prints the results of a streamed call as they come, and remembers
// whether one of them was a failure.
type outcome struct {
	s      *session
	doing  string // for the progress line: "stopping"
	total  int    // results to come; 0: not known
	done   int
	failed bool
}

// event takes one event of the stream.
func (o *outcome) event(ev wire.Event) {
	switch ev.Type {
	case wire.EventWarning:
		o.s.warn(ev)
		return
	case wire.EventResult:
	default:
		return
	}
	o.done++
	o.s.err.EndProgress() // stdout may be the same terminal
	if ev.Err != nil {
		o.failed = true
		o.s.complain(ev)
	} else if ev.Answer != nil {
		o.s.answer(ev)
	} else if ev.App != "" { // the call as a whole is its command's to tell
		o.s.say("%s", resultText(ev))
	}
	o.progress()
}

// progress shows how far the work is, where a person waits for more of it.
func (o *outcome) progress() {
	if o.total > 1 && o.done < o.total && !o.s.silent {
		o.s.err.Progress(fmt.Sprintf("%s %d of %d…", o.doing, o.done+1, o.total))
	}
}

// end turns the error of the call, or the failure of a target, into the
// command's error.
func (o *outcome) end(err error) error {
	o.s.err.EndProgress()
	if err != nil {
		return err
	}
	if o.failed {
		return exitCode(codeFailed)
	}
	return nil
}

// warn prints what a person should know beside the results.
func (s *session) warn(ev wire.Event) {
	if !s.silent {
		s.err.Warning(ev.Message)
	}
}

// complain prints the error of one target, with the last lines of a program
// that died.
func (s *session) complain(ev wire.Event) {
	s.err.Error(strings.TrimSuffix(ev.Err.Message, "."))
	s.err.Quoted(ev.Lines)
	if ev.Err.Hint != "" {
		s.err.Hint(ev.Err.Hint)
	}
}

// resultText is the line for a result: stopped "web" (id 0).
func resultText(ev wire.Event) string {
	text := fmt.Sprintf("%s %s (id %d%s)", ev.Did, label(ev.App, ev.Instance), ev.ID, pids(ev))
	if ev.Message != "" {
		text += ": " + ev.Message
	}
	return text
}

// shownPIDs is how many a result line has room for.
const shownPIDs = 8

// pids tells which processes a result is about, or of how many.
func pids(ev wire.Event) string {
	switch n := len(ev.PIDs); {
	case n > shownPIDs:
		return fmt.Sprintf(", %d processes", n)
	case n > 1:
		return ", pids " + strings.Trim(fmt.Sprint(ev.PIDs), "[]")
	case ev.PID > 0:
		return fmt.Sprintf(", pid %d", ev.PID)
	}
	return ""
}

// answer prints what a program said, as it is: it is JSON, for a script.
func (s *session) answer(ev wire.Event) {
	if !s.silent {
		fmt.Fprintln(s.out, s.out.Line(string(ev.Answer)))
	}
}

// label names an app, or one instance of it, in quotes.
func label(app string, instance int) string {
	if instance < 0 {
		return fmt.Sprintf("%q", app)
	}
	return fmt.Sprintf("%q", fmt.Sprintf("%s:%d", app, instance))
}

// act does action to the call's targets and prints a line for each app.
func (c *call) act(action, doing string, r wire.TargetRequest) error {
	cwd, err := os.Getwd()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("find the current folder: %w", err)
	}
	r.Cwd = cwd // empty where the folder was deleted: no target is a path then
	o := &outcome{s: c.session, doing: doing, total: c.expect(cwd, r.Targets)}
	o.progress()
	err = o.end(c.service.Act(c.ctx, action, r, o.event))
	if err == nil && o.done == 0 {
		c.say("no apps")
	}
	return err
}

// actOn is act for what --only leaves of the targets.
func (c *call) actOn(in *override, action, doing string, r wire.TargetRequest) (err error) {
	if r.Targets, err = c.chosen(in, r.Targets); err != nil {
		return err
	}
	return c.act(action, doing, r)
}

// expect counts the apps that targets mean, for the progress line alone: an
// error is left to the call itself.
func (c *call) expect(cwd string, targets []string) int {
	if !c.err.Terminal || c.silent {
		return 0
	}
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return 0
	}
	found, _ := target.Select(apps, cwd, targets)
	return len(found)
}
