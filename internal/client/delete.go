package client

import (
	"context"

	"forever/internal/target"
	"forever/internal/wire"
)

// deletion is a delete that may have to be asked for again. What a supervisor
// has forgotten before it was killed matches nothing the second time: what the
// targets meant is known from before the first.
type deletion struct {
	call   call
	before []wire.App
	known  bool // before is known
	on     func(wire.Event)
	told   map[int]bool    // apps whose result was handed on
	denied map[string]bool // what was said of targets that match nothing
}

// delete stops and forgets apps.
func (c *Client) delete(ctx context.Context, r wire.TargetRequest, on func(wire.Event)) error {
	d := &deletion{on: on, told: map[int]bool{}, denied: map[string]bool{}}
	var err error
	d.before, _, err = c.Apps(ctx, Query{})
	d.known = err == nil // else the call itself says what is wrong
	d.call.absent = func(ctx context.Context) error { return c.actAbsent(ctx, r, d.event) }
	if err := c.post(ctx, "delete", r, &d.call, d.event); err != nil {
		return err
	}
	d.finish(r)
	return nil
}

// event hands an event on, but for what a repeated call says of targets.
func (d *deletion) event(e wire.Event) {
	switch {
	case e.Type != wire.EventResult:
	case e.App != "":
		d.told[e.ID] = true
	case e.Err != nil && e.Err.Code == wire.CodeNoTarget:
		if d.repeated() {
			return // finish knows better
		}
		d.denied[e.Err.Message] = true
	}
	d.on(e)
}

func (d *deletion) repeated() bool { return d.known && d.call.tries > 1 }

// finish tells what only the first try could know.
func (d *deletion) finish(r wire.TargetRequest) {
	if !d.repeated() {
		return
	}
	refs, errs := target.Select(d.before, r.Cwd, r.Targets)
	for _, e := range errs {
		if !d.denied[e.Message] {
			d.on(wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Err: e})
		}
	}
	for _, ref := range refs {
		for i := range d.before {
			if a := &d.before[i]; a.ID == ref.AppID && !d.told[a.ID] {
				d.told[a.ID] = true
				d.on(wire.Event{Type: wire.EventResult, App: a.Name, ID: a.ID, Instance: -1, Did: "deleted"})
			}
		}
	}
}
