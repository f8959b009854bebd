package cli

import (
	"forever/internal/render"
	"forever/internal/wire"
)

func resurrectCommand() *command {
	return &command{
		name: "resurrect", synopsis: []string{"resurrect"},
		brief: "start the apps that were saved",
		about: `Starts what forever save has remembered: each app as it was, with the environment
it had. An app that runs already is left as it is.`,
		examples: []example{{"forever resurrect", "after a boot, or after forever kill"}},
		exits: []exit{
			{"0", "every saved app runs"},
			{"1", "nothing was saved, or an app could not be started; the others were"},
			{"2", "the command line was wrong"},
		},
		run: (*call).resurrect,
	}
}

func (c *call) resurrect() error {
	s, err := readSaved(c.root)
	if err != nil {
		return err
	}
	if len(s.Apps) == 0 {
		c.say("no apps: none ran when %s was written", savedPath(c.root))
		return nil
	}
	o := &outcome{s: c.session, doing: "starting", total: len(s.Apps)}
	return o.end(c.service.Start(c.ctx, wire.StartRequest{Specs: s.Apps}, nil, o.unlessRunning))
}

// unlessRunning takes one event of a start; that an app runs already is as good
// as having started it.
func (o *outcome) unlessRunning(ev wire.Event) {
	if ev.Err == nil || ev.Err.Code != wire.CodeRunning || ev.Type != wire.EventResult {
		o.event(ev)
		return
	}
	o.done++
	o.s.err.EndProgress()
	o.s.say("%s runs already (id %d): forever describe %s", label(ev.App, -1), ev.ID, render.Word(ev.App))
	o.progress()
}
