package api

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"time"

	"forever/internal/wire"
)

// exchange reads the request of c and answers it.
func (s *server) exchange(ctx context.Context, c *conn) {
	release := context.AfterFunc(ctx, c.interrupt)
	defer release()
	if err := c.SetReadDeadline(time.Now().Add(readTimeout)); err != nil {
		return
	}
	r, err := readRequest(c)
	if err != nil {
		c.refuse(err)
		return
	}
	answer, err := s.route(c, r)
	if err != nil {
		c.refuse(err)
		return
	}
	if !release() || c.SetReadDeadline(time.Time{}) != nil {
		return // Serve ends; whoever comes next carries the request out
	}
	answer(ctx, c)
}

// answer carries out a request that was found to be in order.
type answer func(ctx context.Context, c *conn)

// route finds who answers r, and reads its body.
func (s *server) route(c *conn, r *request) (answer, error) {
	method, find := s.find(r.url.Path)
	if find == nil {
		return nil, refusef(statusNotFound, "no such path: %.80q", r.url.Path).
			hint("the paths of this version are /v1/ping, /v1/apps, /v1/events, /v1/start, /v1/start-stopped, " +
				"/v1/stop, /v1/restart, /v1/delete, /v1/signal, /v1/reload, /v1/scale, /v1/send, /v1/reset, /v1/flush, /v1/reload-logs, /v1/kill, /v1/update")
	}
	if r.method != method {
		refused := refusef(statusNotAllowed, "%.20s cannot be asked with %.20q", r.url.Path, r.method).hint("use " + method)
		refused.allow = method
		return nil, refused
	}
	return find(c, r)
}

// find is the method that a path takes, and what reads its requests; nil for
// a path that is not ours.
func (s *server) find(path string) (method string, read func(*conn, *request) (answer, error)) {
	const get, post = "GET", "POST"
	switch path {
	case "/v1/ping":
		return get, s.ping
	case "/v1/apps":
		return get, s.apps
	case "/v1/events":
		return get, s.events
	case "/v1/start":
		return post, s.start
	case "/v1/stop":
		return post, s.act(ActionStop)
	case "/v1/restart":
		return post, s.act(ActionRestart)
	case "/v1/delete":
		return post, s.act(ActionDelete)
	case "/v1/start-stopped":
		return post, s.act(ActionStart)
	case "/v1/signal":
		return post, s.act(ActionSignal)
	case "/v1/reload":
		return post, s.act(ActionReload)
	case "/v1/scale":
		return post, s.act(ActionScale)
	case "/v1/send":
		return post, s.act(ActionSend)
	case "/v1/reset":
		return post, s.act(ActionReset)
	case "/v1/flush":
		return post, s.act(ActionFlush)
	case "/v1/reload-logs":
		return post, s.act(ActionReopen)
	case "/v1/kill":
		return post, s.kill
	case "/v1/update":
		return post, s.update
	}
	return "", nil
}

func (s *server) ping(*conn, *request) (answer, error) {
	return func(_ context.Context, c *conn) { c.reply(statusOK, "", s.backend.Ping()) }, nil
}

func (s *server) events(*conn, *request) (answer, error) {
	return func(ctx context.Context, c *conn) { s.stream(ctx, c, s.backend.Watch) }, nil
}

func (s *server) start(c *conn, r *request) (answer, error) {
	var body wire.StartRequest
	if err := decode(c, r, &body); err != nil {
		return nil, err
	}
	if len(body.Specs) == 0 {
		return nil, refusef(statusBadRequest, "the request has no specs: nothing to start")
	}
	return func(ctx context.Context, c *conn) {
		files := c.take()
		s.stream(ctx, c, func(ctx context.Context, emit func(wire.Event)) {
			s.backend.Start(ctx, body, files, emit)
		})
	}, nil
}

func (s *server) act(action string) func(*conn, *request) (answer, error) {
	return func(c *conn, r *request) (answer, error) {
		var body wire.TargetRequest
		if err := decode(c, r, &body); err != nil {
			return nil, err
		}
		switch {
		case len(body.Targets) == 0:
			return nil, refusef(statusBadRequest, "the request has no targets: nothing to %s", action)
		case action == ActionSignal && body.Signal == "":
			return nil, refusef(statusBadRequest, "the request has no signal to send")
		}
		return func(ctx context.Context, c *conn) {
			s.stream(ctx, c, func(ctx context.Context, emit func(wire.Event)) {
				s.backend.Act(ctx, action, body, emit)
			})
		}, nil
	}
}

func (s *server) kill(c *conn, r *request) (answer, error) {
	var body struct {
		wire.Request
		TimeoutMS *int64 `json:"timeout_ms"`
	}
	if err := decodeOptional(c, r, &body); err != nil {
		return nil, err
	}
	return func(ctx context.Context, c *conn) {
		s.stream(ctx, c, func(ctx context.Context, emit func(wire.Event)) {
			s.backend.Kill(ctx, body.TimeoutMS, emit)
		})
	}, nil
}

func (s *server) update(c *conn, r *request) (answer, error) {
	var body struct {
		wire.Request
		Exe string `json:"exe"`
	}
	if err := decode(c, r, &body); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(body.Exe) {
		return nil, refusef(statusBadRequest, "exe is not an absolute path: %.200q", body.Exe)
	}
	return func(ctx context.Context, c *conn) {
		s.stream(ctx, c, func(ctx context.Context, emit func(wire.Event)) {
			s.backend.Update(ctx, body.Exe, emit)
		})
	}, nil
}

// chunk is how much of a long answer is put together before it is sent. The client
// takes one apart while the next is made.
const chunk = 8 << 10

// apps answers with the list, piece by piece: with 500 environments the whole
// would be megabytes that the supervisor keeps for a while.
func (s *server) apps(_ *conn, r *request) (answer, error) {
	query := r.url.Query()
	env := query.Get("env") == "1"
	spec := env || query.Get("spec") == "1"
	brief := query.Get("brief") == "1"
	return func(_ context.Context, c *conn) {
		var b bytes.Buffer
		appendHead(&b, statusOK, typeJSON, "")
		separator := "["
		for _, app := range s.backend.Apps() {
			b.WriteString(separator)
			separator = ","
			app = trim(app, spec, env)
			if brief {
				shorten(&app)
			}
			if err := encodeWhole(&b, app); err != nil {
				return // ends in the middle, which no client takes for an answer
			}
			if b.Len() < chunk {
				continue
			}
			if err := c.send(b.Bytes()); err != nil {
				return
			}
			b.Reset()
		}
		if separator == "[" {
			b.WriteString(separator)
		}
		b.WriteString("]\n")
		_ = c.send(b.Bytes()) // a client that has gone needs no answer
	}, nil
}

// trim leaves out of app what was not asked for; the Backend's own Spec stays
// as it is.
func trim(app wire.App, spec, env bool) wire.App {
	switch {
	case !spec:
		app.Spec = nil
	case !env && app.Spec != nil:
		bare := *app.Spec
		bare.Env = nil
		app.Spec = &bare
	}
	return app
}

// shorten leaves empty what the table of list has no column for. The Backend's own
// Instances stay as they are.
func shorten(app *wire.App) {
	app.Args, app.Cwd, app.Desired, app.CreatedAt, app.NextCron = nil, "", "", wire.Moment{}, wire.Moment{}
	app.ErrFile, app.PidFile, app.Typed, app.ConfigFile = "", "", "", ""
	app.Instances = slices.Clone(app.Instances)
	for i := range app.Instances {
		in := &app.Instances[i]
		in.StartedAt, in.Exits, in.Sharing, in.Says = wire.Moment{}, nil, "", ""
	}
}
