// Package client speaks to a supervisor over the control socket, and starts
// one where there is none and work to do.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

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
// for one target is in the Err of its result event. A supervisor that is
// replaced in the middle is asked again, under the same request id, and what
// it repeats is not handed on twice.
type Client struct {
	// Starter makes a pair of supervisor and shim serve the root and returns
	// when the socket listens, or ErrLocked. Nil: the program itself, as
	// `__shim ROOT`.
	Starter func(ctx context.Context, root string) error

	root     string
	patience time.Duration
}

// Query says what Apps tells beyond what `list --json` shows, or less.
type Query struct {
	Spec bool // each app's Spec, without its environment
	Env  bool // and the environment; implies Spec
	// Brief leaves empty what the table of `list` has no column for: half of it.
	Brief bool
}

// patience is how long one call tries to reach a supervisor that is being
// replaced, from the first failure after the last news of it.
const patience = 30 * time.Second

// New is a client of the supervisor of root, an absolute path. Nothing is
// opened or started yet.
func New(root string) *Client { return &Client{root: root, patience: patience} }

// Ping asks who serves. ErrNoSupervisor where nobody does.
func (c *Client) Ping(ctx context.Context) (wire.Ping, error) {
	var p wire.Ping
	return p, c.get(ctx, "/v1/ping", &p)
}

// Apps is every app of the root, and whether a live supervisor said so. With
// none the state file answers: a process that is still there shows its PID,
// and nothing else runs. Apps starts nothing.
func (c *Client) Apps(ctx context.Context, q Query) (apps []wire.App, live bool, err error) {
	path := "/v1/apps"
	switch {
	case q.Env:
		path += "?env=1"
	case q.Spec:
		path += "?spec=1"
	case q.Brief:
		path += "?brief=1"
	}
	apps, err = c.list(ctx, path)
	if errors.Is(err, ErrNoSupervisor) {
		apps, err = c.stored(q)
		return apps, false, err
	}
	return apps, err == nil, err
}

// Wake has somebody supervise what is to run according to the state file: after
// both processes of a pair have died, Apps tells what the next one finds only once
// that has taken over. It starts nothing where nothing is to run.
func (c *Client) Wake(ctx context.Context) error {
	return c.do(ctx, &call{method: "GET", path: "/v1/ping", absent: c.wakeAbsent, receive: func(io.Reader, func()) error { return nil }})
}

// Start starts apps, and the pair first where there is none. streams are
// stdout and stderr to hand over, or empty; they stay the caller's.
func (c *Client) Start(ctx context.Context, r wire.StartRequest, streams []*os.File, on func(wire.Event)) error {
	r.Request = named(r.Request)
	return c.post(ctx, "start", r, &call{streams: streams, absent: c.startPair}, on)
}

// Act does action (stop, restart, delete, start, signal, reset) to targets.
// With no supervisor, and a state file that knows apps, the pair is started
// first, so that programs left behind are found; with no apps at all each
// target but `all` gets its "no app" result, and nothing is started.
func (c *Client) Act(ctx context.Context, action string, r wire.TargetRequest, on func(wire.Event)) error {
	r.Request = named(r.Request)
	switch action {
	case "start":
		action = "start-stopped"
	case "delete":
		return c.delete(ctx, r, on)
	}
	absent := func(ctx context.Context) error { return c.actAbsent(ctx, r, on) }
	return c.post(ctx, action, r, &call{absent: absent}, on)
}

// Watch hands every change of state to on until ctx ends (nil) or the
// supervisor has ended for good (ErrNoSupervisor).
func (c *Client) Watch(ctx context.Context, on func(wire.Event)) error {
	err := c.do(ctx, &call{method: "GET", path: "/v1/events", absent: nobody, receive: watch(on)})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Kill stops everything and ends the background processes. timeoutMS: the kill
// timeout instead of each app's own. With nothing there, nothing is done.
func (c *Client) Kill(ctx context.Context, timeoutMS *int64, on func(wire.Event)) error {
	body := struct {
		wire.Request
		TimeoutMS *int64 `json:"timeout_ms,omitempty"`
	}{named(wire.Request{}), timeoutMS}
	return c.post(ctx, "kill", body, &call{absent: c.killAbsent}, on)
}

// Update puts the binary exe in charge. ErrNoSupervisor where nobody is: the
// next start takes the new binary anyhow.
func (c *Client) Update(ctx context.Context, exe string, on func(wire.Event)) error {
	body := struct {
		wire.Request
		Exe string `json:"exe"`
	}{named(wire.Request{}), exe}
	return c.post(ctx, "update", body, &call{absent: nobody}, on)
}

// get asks for one JSON value.
func (c *Client) get(ctx context.Context, path string, v any) error {
	return c.do(ctx, &call{method: "GET", path: path, absent: nobody, receive: func(body io.Reader, _ func()) error {
		if err := json.NewDecoder(body).Decode(v); err != nil {
			return cut(err)
		}
		wire.Restore(v)
		return nil
	}})
}

// list asks for an array of apps.
func (c *Client) list(ctx context.Context, path string) (apps []wire.App, err error) {
	err = c.do(ctx, &call{method: "GET", path: path, absent: nobody, receive: func(body io.Reader, _ func()) error {
		apps, err = readApps(json.NewDecoder(body))
		return cut(err)
	}})
	return apps, err
}

// readApps takes apps out of an array one by one, while the next are on their way.
func readApps(d *json.Decoder) ([]wire.App, error) {
	begin, err := d.Token()
	if err != nil {
		return nil, err
	}
	if begin != json.Delim('[') {
		return nil, fmt.Errorf("the supervisor's answer is no list: it begins with %v", begin)
	}
	apps := []wire.App{}
	for d.More() {
		var a wire.App
		if err := d.Decode(&a); err != nil {
			return nil, err
		}
		apps = append(apps, a)
	}
	_, err = d.Token() // without the end it was cut off
	wire.Restore(&apps)
	return apps, err
}

// post sends a changing call, whose answer is a stream of events.
func (c *Client) post(ctx context.Context, action string, body any, k *call, on func(wire.Event)) error {
	text, err := wire.Marshal(body)
	if err != nil {
		return fmt.Errorf("put the request into JSON: %w", err)
	}
	k.method, k.path, k.body, k.receive = "POST", "/v1/"+action, text, follow(on)
	return c.do(ctx, k)
}

// nobody is what a call says that needs a supervisor and starts none.
func nobody(context.Context) error { return ErrNoSupervisor }

// named gives r an id where it has none. It is no secret: it only has to be
// unlike the others of this root.
func named(r wire.Request) wire.Request {
	if r.ID == "" {
		r.ID = fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64())
	}
	return r
}
