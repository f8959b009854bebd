package client

import (
	"context"
	"path/filepath"

	"forever/internal/target"
	"forever/internal/wire"
	"forever/pidfile"
)

// stateName is the state file in the root.
const stateName = "state.json"

// load reads the state file; without one the State is empty.
func (c *Client) load() (*pidfile.State, error) {
	return pidfile.Load(filepath.Join(c.root, stateName))
}

// startPair starts the pair that serves the root.
func (c *Client) startPair(ctx context.Context) error {
	if c.Starter != nil {
		return c.Starter(ctx, c.root)
	}
	return startShim(ctx, c.root)
}

// actAbsent starts the pair if there may be something to act on, and answers
// itself if not.
func (c *Client) actAbsent(ctx context.Context, r wire.TargetRequest, on func(wire.Event)) error {
	state, err := c.load()
	if err != nil {
		return err
	}
	if len(state.Apps) > 0 {
		return c.startPair(ctx)
	}
	_, errs := target.Select(nil, r.Cwd, r.Targets)
	for _, e := range errs {
		on(wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Err: e})
	}
	return errOver
}

// killAbsent starts the pair if programs were left behind: it finds and stops
// them, whatever became of their children.
func (c *Client) killAbsent(ctx context.Context) error {
	state, err := c.load()
	if err != nil {
		return err
	}
	for _, a := range state.Apps {
		for _, in := range a.Instances {
			if in.Process.Alive() {
				return c.startPair(ctx)
			}
		}
	}
	return errOver
}

// wakeAbsent starts the pair if an app is to run.
func (c *Client) wakeAbsent(ctx context.Context) error {
	state, err := c.load()
	if err != nil {
		return err
	}
	for _, a := range state.Apps {
		if a.Desired == wire.DesiredRunning {
			return c.startPair(ctx)
		}
	}
	return errOver
}
