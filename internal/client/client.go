// Package client speaks to a supervisor over the control socket, and starts
// one where there is none and work to do.
package client

import (
	"context"
	"errors"
	"os"

	"forever/internal/wire"
)

// ErrNoSupervisor says that no supervisor serves the root.
var ErrNoSupervisor = errors.New("no supervisor is running")

// Client speaks to the supervisor of one root. It holds nothing open between
// calls; its methods may be called from many goroutines.
//
// The streaming calls hand each state and result event to on, in order, and
// return when the call is done. Their error says that the call could not be
// carried out (a *wire.Error where the supervisor said so); what went wrong
// for one target is in the Err of its result event.
type Client struct {
	// Starter makes a pair of supervisor and shim serve the root and returns
	// when the socket listens. Nil: the program itself, as `__shim ROOT`.
	Starter func(ctx context.Context, root string) error

	root string
}

// Query says what Apps tells beyond what `list` shows.
type Query struct {
	Spec bool // each app's Spec, without its environment
	Env  bool // and the environment; implies Spec
}

// New is a client of the supervisor of root, an absolute path. Nothing is
// opened or started yet.
func New(root string) *Client { return &Client{root: root} }

// Ping asks who serves. ErrNoSupervisor where nobody does.
func (c *Client) Ping(ctx context.Context) (wire.Ping, error) {
	return wire.Ping{}, ErrNoSupervisor
}

// Apps is every app of the root, and whether a live supervisor said so. With
// none the state file answers: processes that are still there show their PID,
// everything else is stopped. Apps starts nothing.
func (c *Client) Apps(ctx context.Context, q Query) ([]wire.App, bool, error) {
	return nil, false, ErrNoSupervisor
}

// Start starts apps, and the pair first where there is none. streams are
// stdout and stderr to hand over, or empty; they stay the caller's.
func (c *Client) Start(ctx context.Context, r wire.StartRequest, streams []*os.File, on func(wire.Event)) error {
	return ErrNoSupervisor
}

// Act does action (stop, restart, delete, start, signal, reset) to targets.
// With no supervisor, and a state file that knows apps, the pair is started
// first, so that programs left behind are found; with no apps at all each
// target but `all` gets its "no app" result, and nothing is started.
func (c *Client) Act(ctx context.Context, action string, r wire.TargetRequest, on func(wire.Event)) error {
	return ErrNoSupervisor
}

// Watch hands every change of state to on until ctx ends (nil) or the
// supervisor has ended for good (ErrNoSupervisor).
func (c *Client) Watch(ctx context.Context, on func(wire.Event)) error {
	return ErrNoSupervisor
}

// Kill stops everything and ends the background processes. timeoutMS: the kill
// timeout instead of each app's own. With nothing there, nothing is done.
func (c *Client) Kill(ctx context.Context, timeoutMS *int64, on func(wire.Event)) error {
	return ErrNoSupervisor
}

// Update puts the binary exe in charge. ErrNoSupervisor where nobody is: the
// next start takes the new binary anyhow.
func (c *Client) Update(ctx context.Context, exe string, on func(wire.Event)) error {
	return ErrNoSupervisor
}
