package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"forever/internal/client"
	"forever/internal/ports"
	"forever/internal/render"
	"forever/internal/who"
	"forever/internal/wire"
)

// visitor is the service of a root in which nothing is ever started: where no
// supervisor serves, a changing call says client.ErrNoSupervisor.
func visitor(root string) service {
	c := client.New(root)
	c.Starter = func(context.Context, string) error { return client.ErrNoSupervisor }
	return c
}

// isKeeper recognises the background processes of any root by their command
// line: a supervisor or shim may hold the sockets of apps, and is never killed
// for them.
func isKeeper(args []string) bool {
	return len(args) >= 3 && slices.Contains([]string{"__supervisor", "__shim", "__adopt"}, args[1])
}

// owners asks the supervisors of the apps that hold a port, each in its own root.
type owners struct {
	visit     func(root string) service
	signal    string
	timeoutMS *int64
}

// lookTime bounds how long a supervisor may take to tell its apps.
const lookTime = 5 * time.Second

// lookUp is the app that the marks in a process's environment mean, and whether a
// supervisor looks after it.
func lookUp(ctx context.Context, s service, marks who.App, q client.Query) (app wire.App, live bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	apps, live, err := s.Apps(ctx, q)
	if err != nil {
		return wire.App{}, false, err
	}
	i := slices.IndexFunc(apps, func(a wire.App) bool { return a.UID == marks.UID && a.Name == marks.Name })
	if i < 0 {
		return wire.App{}, false, ports.ErrNoApp
	}
	return apps[i], live, nil
}

// has tells whether the app's processes are to be stopped by a supervisor. One
// that cannot be asked has them: it would start a killed one again.
func (o *owners) has(ctx context.Context, app who.App) bool {
	_, live, err := lookUp(ctx, o.visit(app.Root), app, client.Query{})
	if err != nil {
		return !errors.Is(err, ports.ErrNoApp)
	}
	return live
}

func (o *owners) stop(ctx context.Context, marks who.App) error {
	s := o.visit(marks.Root)
	app, live, err := lookUp(ctx, s, marks, client.Query{})
	if err != nil {
		return err
	}
	if !live {
		return ports.ErrNoApp
	}
	var refusal error
	err = s.Act(ctx, "stop", wire.TargetRequest{
		Targets: []string{strconv.Itoa(app.ID)}, // an id comes first, whatever else has that name
		Signal:  o.signal, TimeoutMS: o.timeoutMS,
	}, func(ev wire.Event) {
		if ev.Type == wire.EventResult && ev.Err != nil {
			refusal = ev.Err
		}
	})
	switch {
	case errors.Is(err, client.ErrNoSupervisor): // it ended in between
		return ports.ErrNoApp
	case err != nil:
		return err
	}
	return refusal
}

// revivals are processes of apps that were killed one by one.
type revivals []revival

type revival struct {
	pid int
	app who.App
}

// add keeps one process for each app.
func (r *revivals) add(pid int, app who.App) {
	if !slices.ContainsFunc(*r, func(have revival) bool { return have.app.Same(app) }) {
		*r = append(*r, revival{pid, app})
	}
}

// hintRevivals tells of the apps whose processes forever starts again, and how
// to stop them for good.
func (c *call) hintRevivals(list revivals) {
	for _, r := range list {
		app, _, err := lookUp(c.ctx, c.visit(r.app.Root), r.app, client.Query{Spec: true})
		if err != nil || c.silent || app.Desired != wire.DesiredRunning || app.Spec != nil && app.Spec.Policy.Restart == wire.RestartNever {
			continue
		}
		c.note("process %d is of app %q, which forever keeps running", r.pid, app.Name)
		c.err.Hint("to stop it: " + c.stopCommand(r.app))
	}
}

// stopCommand is the command that stops an app, as it can be pasted.
func (c *call) stopCommand(app who.App) string {
	words := []string{"forever"}
	if app.Root != c.root {
		words = append(words, "--root", app.Root)
	}
	return render.Words(append(words, "stop", app.Name))
}
