package cli

import (
	"fmt"
	"slices"

	"forever/internal/client"
	"forever/internal/render"
	"forever/internal/wire"
)

// narrate tells on stderr that an app is started again, or not.
func (f *foreground) narrate(r *resident, ev wire.Event) {
	e := ev.Exit
	if ev.State == wire.Starting && r.ran(ev.Instance) {
		e = f.lastExit(r, ev.Instance)
	}
	if e == nil || ev.State == wire.Stopping || f.told[*e] {
		return
	}
	f.told[*e] = true
	text := fmt.Sprintf("%s %s after %s", label(r.name, r.index(ev.Instance)), ending(e), render.Milliseconds(e.RanMS))
	switch {
	case r.waits && (ev.State == wire.Failed || ev.State == wire.Exited):
		f.note("%s; waiting for a change", text)
	case ev.State == wire.Backoff && ev.NextMS > 0:
		f.note("%s; next try in %s", text, render.Milliseconds(ev.NextMS))
	case ev.State == wire.Backoff, ev.State == wire.Starting:
		f.note("%s; starting it again", text)
	case ev.State == wire.Failed && r.once:
		// It was to run once and has; its exit code is ours.
	case ev.State == wire.Failed && ev.Message != "":
		f.err.Error(text + "; given up: " + ev.Message)
	case ev.State == wire.Failed:
		f.err.Error(text + "; given up")
	}
}

// confess tells of an app that was given up before the watch had begun, or
// whose last event is still on its way.
func (f *foreground) confess(r *resident, apps []wire.App) {
	i := slices.IndexFunc(apps, func(a wire.App) bool { return a.ID == r.id && a.Name == r.name })
	if !r.ended || i < 0 {
		return
	}
	for _, in := range apps[i].Instances {
		if in.Status == wire.Failed {
			f.narrate(r, wire.Event{Instance: in.Index, State: in.Status, Exit: in.LastExit, Message: in.Note})
		}
	}
}

// lastExit asks how an instance ended that is started again at once: the event
// of its start does not say.
func (f *foreground) lastExit(r *resident, index int) *wire.Exit {
	apps, _, err := f.service.Apps(f.ctx, client.Query{})
	if err != nil {
		return nil
	}
	for _, a := range apps {
		for _, in := range a.Instances {
			if a.ID == r.id && in.Index == index {
				return in.LastExit
			}
		}
	}
	return nil
}
