package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"forever/internal/layout"
	"forever/internal/wire"
	"forever/pidfile"
)

// stored is what the state file says about the apps while nobody looks after
// them, in order of id.
func (c *Client) stored(q Query) ([]wire.App, error) {
	state, err := c.load()
	if err != nil {
		return nil, err
	}
	apps := make([]wire.App, 0, len(state.Apps))
	for i := range state.Apps {
		app, err := c.app(&state.Apps[i], q)
		if err != nil {
			return nil, err
		}
		apps = append(apps, app)
	}
	slices.SortFunc(apps, func(a, b wire.App) int { return cmp.Compare(a.ID, b.ID) })
	return apps, nil
}

// app is one app of the state file as a supervisor would show it.
func (c *Client) app(a *pidfile.App, q Query) (wire.App, error) {
	var spec wire.Spec
	if err := wire.Unmarshal(a.Spec, &spec); err != nil {
		return wire.App{}, fmt.Errorf("read the spec of app %q in %s: %w", a.Name, filepath.Join(c.root, stateName), err)
	}
	app := wire.App{
		ID: a.ID, Name: a.Name, Namespace: a.Namespace, UID: a.UID,
		Status: wire.Stopped, Mode: mode(&spec), Desired: a.Desired, CreatedAt: wire.Moment{Time: a.CreatedAt},
		Script: spec.Script, Interpreter: spec.Interpreter, Args: append([]string{}, spec.Args...), Cwd: spec.Cwd,
		Typed: spec.Typed, ConfigFile: spec.ConfigFile,
		Instances: make([]wire.Instance, 0, len(a.Instances)),
	}
	app.OutFile, app.ErrFile = layout.Shown(c.root, &spec)
	app.PidFile = layout.Pid(c.root, &spec, a.ID, 0)
	var statuses []string
	for i := range a.Instances {
		in := instance(&a.Instances[i])
		app.Restarts += in.Restarts
		app.Instances = append(app.Instances, in)
		statuses = append(statuses, in.Status)
	}
	app.Status = wire.Worst(statuses)
	if q.Env || q.Spec {
		app.Spec = &spec
	}
	if !q.Env {
		spec.Env = nil
	}
	return app, nil
}

func mode(spec *wire.Spec) string {
	if spec.Cluster {
		return "cluster"
	}
	return "fork"
}

// instance is one instance of the state file. Only its own process counts as
// running: nobody is there who would start another.
func instance(stored *pidfile.Instance) wire.Instance {
	in := wire.Instance{Index: stored.Index, Status: stored.Status, Restarts: stored.Restarts, Ports: []int{}}
	// Exits have the supervisor's own form. One that cannot be read, of another
	// version, is no reason to hide the app.
	if json.Unmarshal(stored.Exits, &in.Exits) == nil && len(in.Exits) > 0 {
		in.LastExit = &in.Exits[0]
	}
	if stored.Process.Alive() {
		in.PID, in.Start, in.StartedAt = stored.Process.PID, stored.Process.Start, wire.Moment{Time: stored.StartedAt}
		in.UptimeMS = max(time.Since(stored.StartedAt).Milliseconds(), 0)
		return in
	}
	if in.Status != wire.Exited && in.Status != wire.Failed {
		in.Status = wire.Stopped
	}
	return in
}
