package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forever/internal/sock"
	"forever/internal/wire"
)

func TestPing(t *testing.T) {
	s := serve(t, &fake{})
	status, body := s.get(t, "/v1/ping")
	var p wire.Ping
	if err := json.Unmarshal([]byte(body), &p); err != nil || status != 200 || p.API != 1 || p.Version != "1" {
		t.Fatalf("%d %s: %v", status, body, err)
	}
}

func TestApps(t *testing.T) {
	spec := &wire.Spec{Name: "web", Env: []string{"SECRET=1"}}
	s := serve(t, &fake{apps: []wire.App{{Name: "web", Spec: spec}, {ID: 1, Name: "<b>"}}})
	for _, c := range []struct {
		query     string
		spec, env bool
	}{
		{"", false, false},
		{"?spec=1", true, false},
		{"?env=1", true, true},
		{"?spec=1&env=1", true, true},
		{"?spec=0&env=no", false, false},
	} {
		status, body := s.get(t, "/v1/apps"+c.query)
		var apps []wire.App
		if err := json.Unmarshal([]byte(body), &apps); err != nil || status != 200 || len(apps) != 2 {
			t.Fatalf("%s: %d %s: %v", c.query, status, body, err)
		}
		if got := apps[0].Spec != nil; got != c.spec {
			t.Errorf("%s: spec there: %v", c.query, got)
		}
		if got := strings.Contains(body, "SECRET"); got != c.env {
			t.Errorf("%s: environment there: %v", c.query, got)
		}
		if !strings.Contains(body, `"<b>"`) {
			t.Errorf("%s: escaped for HTML: %s", c.query, body)
		}
	}
	if len(spec.Env) != 1 {
		t.Error("the supervisor's own spec was changed")
	}
}

// What the table of list shows is there, and no more; the supervisor keeps all.
func TestBrief(t *testing.T) {
	at := wire.Moment{Time: time.Unix(1767323045, 0).UTC()}
	last := wire.Exit{Code: 1, At: at, Reason: "exit code 1"}
	shown := wire.Instance{
		Index: 1, PID: 42, Start: 7, Status: wire.Online, Restarts: 2, UptimeMS: 3, Ports: []int{}, NextTryMS: 4,
		LastExit: &last, Health: &wire.Health{Status: wire.HealthBad, Reason: "refused"}, Note: "disk full",
	}
	whole := shown
	whole.StartedAt, whole.Exits, whole.Sharing, whole.Says = at, []wire.Exit{last}, "its own sockets", "ready"
	want := wire.App{
		ID: 1, Name: "web", Namespace: "default", UID: "k3Xa", Status: wire.Online, Mode: "fork", Restarts: 2,
		Script: "/srv/web.js", Interpreter: "/usr/bin/node", OutFile: "/srv/out", Instances: []wire.Instance{shown},
	}
	app := want
	app.Args, app.Cwd, app.Desired, app.CreatedAt, app.NextCron = []string{"-x"}, "/srv", wire.DesiredRunning, at, at
	app.ErrFile, app.PidFile, app.Typed, app.ConfigFile = "/srv/err", "/srv/pid", "web", "/srv/apps.json"
	app.Instances = []wire.Instance{whole}
	f := &fake{apps: []wire.App{app}}
	s := serve(t, f)
	for query, want := range map[string]wire.App{"?brief=1": want, "?brief=0": app} {
		_, body := s.get(t, "/v1/apps"+query)
		var got []wire.App
		if err := json.Unmarshal([]byte(body), &got); err != nil || !reflect.DeepEqual(got, []wire.App{want}) {
			t.Errorf("%s: %v, %s", query, err, body)
		}
	}
	if !reflect.DeepEqual(f.apps[0].Instances[0], whole) {
		t.Error("the supervisor's own instance was changed")
	}
}

func TestNoApps(t *testing.T) {
	if status, body := serve(t, &fake{}).get(t, "/v1/apps"); status != 200 || body != "[]\n" {
		t.Fatalf("%d %q", status, body)
	}
}

// Many apps take several writes.
func TestManyApps(t *testing.T) {
	want := make([]wire.App, 500)
	for i := range want {
		want[i] = wire.App{ID: i, Name: fmt.Sprintf("app-%d", i), Spec: &wire.Spec{Env: []string{strings.Repeat("x", 1000)}}}
	}
	_, body := serve(t, &fake{apps: want}).get(t, "/v1/apps?env=1")
	var got []wire.App
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got) != len(want) {
		t.Fatalf("%d apps, %v", len(got), err)
	}
	if got[499].Name != "app-499" || len(got[499].Spec.Env[0]) != 1000 {
		t.Fatalf("%+v", got[499])
	}
}

func TestActions(t *testing.T) {
	s := serve(t, &fake{})
	for path, want := range map[string]string{
		"stop": ActionStop, "restart": ActionRestart, "delete": ActionDelete,
		"start-stopped": ActionStart, "signal": ActionSignal, "reset": ActionReset,
	} {
		status, body := s.post(t, "/v1/"+path, `{"targets":["web","api"],"signal":"SIGHUP"}`)
		got := events(t, strings.NewReader(body))
		if status != 200 || len(got) != 3 {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		if got[0].App != "web" || got[1].App != "api" || got[0].Did != want || got[0].Message != "SIGHUP" {
			t.Errorf("%s: %+v", path, got)
		}
		if got[2].Type != wire.EventDone {
			t.Errorf("%s: the last line is %+v", path, got[2])
		}
	}
}

func TestKillAndUpdate(t *testing.T) {
	timeouts := make(chan *int64, 2)
	s := serve(t, &fake{kill: func(_ context.Context, ms *int64, _ func(wire.Event)) { timeouts <- ms }})
	s.post(t, "/v1/kill", "")
	s.post(t, "/v1/kill", `{"request_id":"x","timeout_ms":5}`)
	if ms := wait(t, timeouts); ms != nil {
		t.Errorf("no body: timeout %d", *ms)
	}
	if ms := wait(t, timeouts); ms == nil || *ms != 5 {
		t.Errorf("timeout %v", ms)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"exe": exe})
	if err != nil {
		t.Fatal(err)
	}
	_, answer := s.post(t, "/v1/update", string(body))
	if got := events(t, strings.NewReader(answer)); len(got) != 2 || got[0].Message != exe {
		t.Errorf("update: %+v", got)
	}
}

// Each event is there when it happens, not when a buffer is full.
func TestEventsComeAtOnce(t *testing.T) {
	next := make(chan string)
	s := serve(t, &fake{watch: func(ctx context.Context, emit func(wire.Event)) {
		for state := range next {
			emit(wire.Event{Type: wire.EventState, App: "web", State: state})
		}
	}})
	answer, err := s.http(t).Get("http://forever/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("content type %q", got)
	}
	lines := bufio.NewScanner(answer.Body)
	for _, state := range []string{wire.Starting, wire.Online, wire.Stopping} {
		next <- state
		if !lines.Scan() || !strings.Contains(lines.Text(), `"state":"`+state+`"`) {
			t.Fatalf("after %s: %q, %v", state, lines.Text(), lines.Err())
		}
	}
	close(next)
	if !lines.Scan() || !strings.Contains(lines.Text(), `"type":"done"`) {
		t.Fatalf("the last line is %q", lines.Text())
	}
}

// The Backend's own last line stands, with its error, and nothing follows it.
func TestBackendSaysDone(t *testing.T) {
	s := serve(t, &fake{act: func(_ context.Context, _ string, _ wire.TargetRequest, emit func(wire.Event)) {
		emit(wire.Event{Type: wire.EventDone, Err: &wire.Error{Code: wire.CodeState, Message: "disk full"}})
		emit(wire.Event{Type: wire.EventResult, App: "late"})
	}})
	_, body := s.post(t, "/v1/stop", `{"targets":["all"]}`)
	got := events(t, strings.NewReader(body))
	if len(got) != 1 || got[0].Err == nil || got[0].Err.Code != wire.CodeState {
		t.Fatalf("%+v", got)
	}
}

func TestHangUpEndsContext(t *testing.T) {
	began, ended := make(chan bool, 1), make(chan error, 1)
	s := serve(t, &fake{act: func(ctx context.Context, _ string, _ wire.TargetRequest, _ func(wire.Event)) {
		began <- true
		<-ctx.Done()
		ended <- ctx.Err()
	}})
	conn := s.dial(t)
	const body = `{"targets":["web"]}`
	fmt.Fprintf(conn, "POST /v1/stop HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	wait(t, began)
	conn.Close()
	if err := wait(t, ended); err != context.Canceled {
		t.Fatal(err)
	}
}

// When Serve is told to end, streams end without "done", so that their clients
// ask the next supervisor; the backend's own "done" still goes out.
func TestServeEnds(t *testing.T) {
	for _, finished := range []bool{false, true} {
		began := make(chan bool, 1)
		s := serve(t, &fake{act: func(ctx context.Context, _ string, _ wire.TargetRequest, emit func(wire.Event)) {
			emit(wire.Event{Type: wire.EventResult, App: "web"})
			began <- true
			<-ctx.Done()
			if finished {
				emit(wire.Event{Type: wire.EventDone})
			}
		}})
		idle := s.dial(t) // has not asked anything yet
		answers := make(chan string, 1)
		go func() {
			_, body := s.post(t, "/v1/stop", `{"targets":["web"]}`)
			answers <- body
		}()
		wait(t, began)
		s.stop()
		got := events(t, strings.NewReader(wait(t, answers)))
		if len(got) == 0 || got[0].App != "web" || (got[len(got)-1].Type == wire.EventDone) != finished {
			t.Errorf("finished %v: %+v", finished, got)
		}
		if rest, err := io.ReadAll(idle); len(rest) > 0 {
			t.Errorf("an idle connection got %q, %v", rest, err)
		}
	}
}

// A Backend that does not come back does not hold Serve up.
func TestServeEndsWithoutBackend(t *testing.T) {
	began, release := make(chan bool, 1), make(chan bool)
	s := serve(t, &fake{watch: func(context.Context, func(wire.Event)) {
		began <- true
		<-release
	}})
	fmt.Fprint(s.dial(t), "GET /v1/events HTTP/1.1\r\n\r\n")
	wait(t, began)
	s.stop()
	err := wait(t, s.done)
	s.done <- err // for the cleanup
	close(release)
	if err != nil {
		t.Error(err)
	}
}

func TestListenerBreaks(t *testing.T) {
	root := t.TempDir()
	ln, err := sock.Listen(root)
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := Serve(t.Context(), ln, &fake{}); err == nil {
		t.Fatal("a closed listener is served")
	}
}

// full is a listener that has no descriptor left now and then.
type full struct {
	net.Listener
	times int
}

func (f *full) Accept() (net.Conn, error) {
	if f.times--; f.times%2 == 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return f.Listener.Accept()
}

func TestLackOfDescriptorsPasses(t *testing.T) {
	s := serveWith(t, &fake{}, func(ln net.Listener) net.Listener { return &full{ln, 7} })
	for range 3 {
		if status, _ := s.get(t, "/v1/ping"); status != 200 {
			t.Fatal(status)
		}
	}
}

func TestConcurrency(t *testing.T) {
	s := serve(t, &fake{apps: make([]wire.App, 20)})
	var work sync.WaitGroup
	for i := range 50 {
		work.Go(func() {
			name := fmt.Sprintf("app-%d", i)
			_, body := s.post(t, "/v1/start", fmt.Sprintf(`{"specs":[{"name":%q}]}`, name))
			names := []string{}
			for _, e := range events(t, strings.NewReader(body)) {
				names = append(names, e.App)
			}
			if !slices.Equal(names, []string{name, ""}) {
				t.Errorf("%s: %q", name, names)
			}
			if status, _ := s.get(t, "/v1/apps"); status != http.StatusOK {
				t.Errorf("apps: %d", status)
			}
		})
	}
	work.Wait()
}
