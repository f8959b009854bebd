package client

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"forever/internal/proc"
	"forever/internal/target"
	"forever/internal/wire"
	"forever/pidfile"
)

// stateName is the state file in the root, lockName the file whose lock the pair
// holds.
const (
	stateName = "state.json"
	lockName  = "forever.lock"
)

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
	if len(state.Apps) > 0 || c.leftBehind(state) {
		return c.startPair(ctx)
	}
	_, errs := target.Select(nil, r.Cwd, r.Targets)
	for _, e := range errs {
		on(wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Err: e})
	}
	return errOver
}

// leftBehind tells whether programs of the root live that the state file does not
// know, since there is none: it was taken away, and both processes have died.
func (c *Client) leftBehind(state *pidfile.State) bool {
	if !state.WrittenAt.IsZero() {
		return false
	}
	table, err := proc.Snapshot()
	if err != nil {
		return false // as if there were none: the pair could not see them either
	}
	return slices.ContainsFunc(proc.Marked(table, []string{"FOREVER_ROOT=" + c.root}), func(m proc.MarkedProcess) bool {
		return m.Env["FOREVER_UID"] != "" // else a user has set the root, in a shell perhaps
	})
}

// endTime bounds the wait for a pair that is about to end.
const endTime = 10 * time.Second

// killAbsent starts the pair if programs were left behind: it finds and stops
// them, whatever became of their children. A pair that has hung up because its
// last app is gone may not have ended yet, and is waited for; one that does not
// end is another, which can be asked.
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
	if c.leftBehind(state) {
		return c.startPair(ctx)
	}
	ending, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	if errors.Is(pidfile.AwaitUnlocked(ending, filepath.Join(c.root, lockName)), context.DeadlineExceeded) {
		return nil
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
