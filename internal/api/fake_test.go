package api

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"forever/internal/sock"
	"forever/internal/wire"
)

// deadline bounds every wait of these tests; none depends on it to pass.
const deadline = 30 * time.Second

// fake is a Backend that does what a test tells it.
type fake struct {
	apps  []wire.App
	start func(context.Context, wire.StartRequest, []*os.File, func(wire.Event))
	act   func(context.Context, string, wire.TargetRequest, func(wire.Event))
	watch func(context.Context, func(wire.Event))
	kill  func(context.Context, *int64, func(wire.Event))
}

func (f *fake) Ping() wire.Ping {
	return wire.Ping{Version: "1", API: wire.APIVersion, Apps: len(f.apps)}
}
func (f *fake) Apps() []wire.App { return f.apps }

func (f *fake) Start(ctx context.Context, r wire.StartRequest, files []*os.File, emit func(wire.Event)) {
	if f.start != nil {
		f.start(ctx, r, files, emit)
		return
	}
	for _, file := range files {
		file.Close()
	}
	for i, s := range r.Specs {
		emit(wire.Event{Type: wire.EventResult, App: s.Name, ID: i, Did: "started"})
	}
}

func (f *fake) Act(ctx context.Context, action string, r wire.TargetRequest, emit func(wire.Event)) {
	if f.act != nil {
		f.act(ctx, action, r, emit)
		return
	}
	for i, t := range r.Targets {
		emit(wire.Event{Type: wire.EventResult, App: t, ID: i, Did: action, Message: r.Signal})
	}
}

func (f *fake) Watch(ctx context.Context, emit func(wire.Event)) {
	if f.watch != nil {
		f.watch(ctx, emit)
		return
	}
	<-ctx.Done()
}

func (f *fake) Kill(ctx context.Context, timeoutMS *int64, emit func(wire.Event)) {
	if f.kill != nil {
		f.kill(ctx, timeoutMS, emit)
	}
}

func (f *fake) Update(_ context.Context, exe string, emit func(wire.Event)) {
	emit(wire.Event{Type: wire.EventResult, Did: "updated", Message: exe})
}

// service is a running Serve.
type service struct {
	root string
	stop context.CancelFunc
	done chan error // what Serve returned
}

// serve runs Serve for the test and checks at its end that it returns.
func serve(t *testing.T, b Backend) *service {
	t.Helper()
	return serveWith(t, b, func(ln net.Listener) net.Listener { return ln })
}

// serveWith is serve on a listener that the test changes.
func serveWith(t *testing.T, b Backend, change func(net.Listener) net.Listener) *service {
	t.Helper()
	root := t.TempDir()
	ln, err := sock.Listen(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &service{root: root, stop: cancel, done: make(chan error, 1)}
	go func() { s.done <- Serve(ctx, change(ln), b) }()
	t.Cleanup(func() {
		s.stop()
		if err := wait(t, s.done); err != nil {
			t.Error(err)
		}
		s.done <- nil
	})
	return s
}

// dial opens a raw connection.
func (s *service) dial(t *testing.T) *net.UnixConn {
	t.Helper()
	conn, err := sock.Dial(t.Context(), s.root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// raw sends text as it is and returns the whole answer.
func (s *service) raw(t *testing.T, text string) string {
	t.Helper()
	conn := s.dial(t)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Logf("read: %v", err) // the rest of a long request was not taken
	}
	return string(answer)
}

// http is Go's own client, as a judge of whether we speak HTTP.
func (s *service) http(t *testing.T) *http.Client {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return sock.Dial(ctx, s.root)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: deadline}
}

// get asks with Go's client and returns status and body.
func (s *service) get(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, err := s.http(t).Get("http://forever" + path)
	return readAll(t, answer, err)
}

func (s *service) post(t *testing.T, path, body string) (int, string) {
	t.Helper()
	answer, err := s.http(t).Post("http://forever"+path, "application/json", strings.NewReader(body))
	return readAll(t, answer, err)
}

func readAll(t *testing.T, answer *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// events reads a stream to its end.
func events(t *testing.T, body io.Reader) []wire.Event {
	t.Helper()
	var all []wire.Event
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		var e wire.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		all = append(all, e)
	}
	return all
}

// wait takes a value that is to come.
func wait[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(deadline):
		t.Error("it does not come")
		var zero T
		return zero
	}
}
