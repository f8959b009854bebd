package cli

import (
	"context"
	"fmt"
	"time"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// endTime is how long the background processes may take to end when the last
// program has.
const endTime = 10 * time.Second

func killCommand() *command {
	in := &override{}
	return &command{
		name:     "kill",
		synopsis: []string{"kill [options]"},
		brief:    "stop everything and end the background processes",
		about: `All apps are stopped as by stopall and stay in the list; then the supervisor and the
shim end. Not to be mistaken for kill(1): forever signal sends signals.`,
		settings: func() []*option { return in.options("kill-timeout") },
		examples: []example{{"forever kill", "nothing of forever runs after it"}},
		exits: []exit{
			{"0", "nothing runs any more, or nothing ran"},
			{"1", "a program could not be stopped"},
			{"2", "the command line was wrong"},
		},
		run: func(c *call) error { return c.kill(in) },
	}
}

func (c *call) kill(in *override) error {
	pair := c.pair()
	o := &outcome{s: c.session, doing: "stopping"}
	if err := o.end(c.service.Kill(c.ctx, in.request(nil).TimeoutMS, o.event)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, endTime)
	defer cancel()
	if proc.WaitGone(ctx, pair) != nil {
		return c.outlived()
	}
	c.say("nothing of forever runs any more")
	return nil
}

// outlived says why the background processes are still there, though what ran
// was stopped: mostly since another command has started something meanwhile.
func (c *call) outlived() error {
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return err
	}
	for _, a := range apps {
		if a.Desired == wire.DesiredRunning {
			return &failure{fmt.Errorf("another command has started app %q meanwhile", a.Name), "forever kill"}
		}
	}
	return &failure{
		fmt.Errorf("the programs have ended, the background processes have not within %v", endTime),
		"forever ping tells which they are; kill -9 ends them, and no program is lost",
	}
}

// pair are supervisor and shim as they are now. None where nobody answers: what
// is wrong then, the call itself will tell.
func (c *call) pair() []proc.Entry {
	p, err := c.service.Ping(c.ctx)
	if err != nil {
		return nil
	}
	var pair []proc.Entry
	for _, pid := range []int{p.SupervisorPID, p.ShimPID} {
		if id, err := pidfile.Identify(pid); err == nil {
			pair = append(pair, proc.Entry{PID: id.PID, Start: id.Start})
		}
	}
	return pair
}
