package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"forever/internal/wire"
)

func TestPing(t *testing.T) {
	c, _ := served(t, &fake{apps: make([]wire.App, 3)})
	p, err := c.Ping(bounded(t))
	if err != nil || p.Apps != 3 || p.SupervisorPID != os.Getpid() {
		t.Fatalf("%+v, %v", p, err)
	}
}

func TestApps(t *testing.T) {
	c, _ := served(t, &fake{apps: []wire.App{{ID: 4, Name: "web", Spec: &wire.Spec{Name: "web", Env: []string{"A=b"}}}}})
	for _, q := range []Query{{}, {Spec: true}, {Env: true}, {Spec: true, Env: true}} {
		apps, live, err := c.Apps(bounded(t), q)
		if err != nil || !live || len(apps) != 1 || apps[0].ID != 4 {
			t.Fatalf("%+v: %+v, %v, %v", q, apps, live, err)
		}
		if got := apps[0].Spec; (got != nil) != (q.Spec || q.Env) || (got != nil && (got.Env != nil) != q.Env) {
			t.Errorf("%+v: spec %+v", q, got)
		}
	}
}

// A list that was cut off anywhere is asked for again; what is no list is not.
func TestReadApps(t *testing.T) {
	read := func(text string) ([]wire.App, error) { return readApps(json.NewDecoder(strings.NewReader(text))) }
	const list = `[{"id":1,"name":"a\u0000ff"},{"id":2,"args":["x"]}]`
	apps, err := read(list + "\n")
	if err != nil || len(apps) != 2 || apps[0].Name != "a\xff" || apps[1].Args[0] != "x" {
		t.Fatalf("%+v, %v", apps, err)
	}
	if apps, err = read("[]"); err != nil || apps == nil || len(apps) != 0 {
		t.Errorf("none: %+v, %v", apps, err)
	}
	for n := range len(list) {
		if apps, err := read(list[:n]); err == nil || !ended(err) {
			t.Errorf("%q: %+v, %v", list[:n], apps, err)
		}
	}
	for _, text := range []string{"{}", "null", "[1]", "[{}}", "no"} {
		if apps, err := read(text); err == nil || ended(err) {
			t.Errorf("%q: %+v, %v", text, apps, err)
		}
	}
}

func TestStart(t *testing.T) {
	b := &fake{do: func(_ context.Context, _ string, emit func(wire.Event)) {
		emit(state("web", wire.Starting, 0))
		emit(state("web", wire.Online, 42))
		emit(did("web", "started"))
	}}
	c, _ := served(t, b)
	on, got := collect()
	r := wire.StartRequest{Specs: []wire.Spec{{Name: "web", Env: []string{"A=b"}}}, Force: true, WaitMS: -1}
	if err := c.Start(bounded(t), r, nil, on); err != nil {
		t.Fatal(err)
	}
	if len(*got) != 3 || (*got)[1].PID != 42 || (*got)[2].Did != "started" {
		t.Errorf("events %+v", *got)
	}
	if len(b.starts) != 1 {
		t.Fatalf("asked %d times", len(b.starts))
	}
	if r := b.starts[0]; r.ID == "" || !r.Force || r.WaitMS != -1 || len(r.Specs) != 1 || r.Specs[0].Env[0] != "A=b" {
		t.Errorf("asked %+v", r)
	}
}

func TestRequestIDs(t *testing.T) {
	b := &fake{}
	c, _ := served(t, b)
	on, _ := collect()
	for _, id := range []string{"", "", "mine"} {
		r := wire.TargetRequest{Request: wire.Request{ID: id}, Targets: []string{"all"}}
		if err := c.Act(bounded(t), "stop", r, on); err != nil {
			t.Fatal(err)
		}
	}
	ids := []string{b.targets[0].ID, b.targets[1].ID, b.targets[2].ID}
	if ids[0] == "" || ids[0] == ids[1] || ids[2] != "mine" {
		t.Errorf("ids %q", ids)
	}
}

func TestActions(t *testing.T) {
	b := &fake{do: func(_ context.Context, call string, emit func(wire.Event)) { emit(did("web", call)) }}
	c, _ := served(t, b)
	for _, action := range []string{"stop", "restart", "delete", "start", "signal", "reset"} {
		on, got := collect()
		r := wire.TargetRequest{Targets: []string{"web"}, Cwd: "/srv", Signal: "SIGHUP"}
		if err := c.Act(bounded(t), action, r, on); err != nil || len(*got) != 1 || (*got)[0].Did != action {
			t.Errorf("%s: %+v, %v", action, *got, err)
		}
	}
}

func TestKillAndUpdate(t *testing.T) {
	b := &fake{do: func(_ context.Context, call string, emit func(wire.Event)) { emit(did("", call)) }}
	c, root := served(t, b)
	on, got := collect()
	ms, exe := int64(7), filepath.Join(root, "forever")
	if err := errors.Join(c.Kill(bounded(t), nil, on), c.Kill(bounded(t), &ms, on), c.Update(bounded(t), exe, on)); err != nil {
		t.Fatal(err)
	}
	if len(b.timeouts) != 2 || b.timeouts[0] != nil || *b.timeouts[1] != 7 {
		t.Errorf("timeouts %v", b.timeouts)
	}
	if len(*got) != 3 || (*got)[2].Did != "update "+exe {
		t.Errorf("events %+v", *got)
	}
}

// An error of the call as a whole comes with the last line, one of the request
// instead of an answer.
func TestErrors(t *testing.T) {
	b := &fake{do: func(_ context.Context, _ string, emit func(wire.Event)) {
		emit(wire.Event{Type: wire.EventDone, Err: &wire.Error{Code: wire.CodeState, Message: "disk full"}})
	}}
	c, _ := served(t, b)
	on, got := collect()
	for code, err := range map[string]error{
		wire.CodeState: c.Start(bounded(t), wire.StartRequest{Specs: make([]wire.Spec, 1)}, nil, on),
		wire.CodeUsage: c.Start(bounded(t), wire.StartRequest{}, nil, on),
	} {
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if len(*got) != 0 {
		t.Errorf("events %+v", *got)
	}
}

func TestStreamsAreHandedOver(t *testing.T) {
	b := &fake{streams: func(files []*os.File) {
		for i, f := range files {
			fmt.Fprintf(f, "stream %d", i)
		}
	}}
	c, root := served(t, b)
	var mine []*os.File
	for i := range 2 {
		f, err := os.Create(filepath.Join(root, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		mine = append(mine, f)
	}
	on, _ := collect()
	if err := c.Start(bounded(t), wire.StartRequest{Specs: make([]wire.Spec, 1)}, mine, on); err != nil {
		t.Fatal(err)
	}
	for i, f := range mine {
		if _, err := fmt.Fprint(f, ", still mine"); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(f.Name())
		if want := fmt.Sprintf("stream %d, still mine", i); err != nil || string(text) != want {
			t.Errorf("%q, %v; want %q", text, err, want)
		}
	}
}

func TestWatch(t *testing.T) {
	b := &fake{do: func(ctx context.Context, _ string, emit func(wire.Event)) {
		emit(state("web", wire.Online, 1))
		<-ctx.Done()
	}}
	c, _ := served(t, b)
	ctx, cancel := context.WithCancel(bounded(t))
	var got []wire.Event
	err := c.Watch(ctx, func(e wire.Event) {
		got = append(got, e)
		cancel()
	})
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
}

// A watch goes on with the next supervisor, and ends with the last.
func TestWatchOutlivesSupervisors(t *testing.T) {
	root := t.TempDir()
	ln := holder(t, root)
	b := &fake{do: func(ctx context.Context, _ string, emit func(wire.Event)) {
		emit(state("web", wire.Online, 1))
		<-ctx.Done()
	}}
	current := serve(t, ln, b)
	seen, ended := make(chan wire.Event, 10), make(chan error, 1)
	go func() { ended <- strict(t, root).Watch(bounded(t), func(e wire.Event) { seen <- e }) }()
	for range 3 {
		wait(t, seen)
		current.stop()
		current = serve(t, ln, b)
	}
	ln.Close()
	current.stop()
	if err := wait(t, ended); !errors.Is(err, ErrNoSupervisor) {
		t.Fatal(err)
	}
}

func TestConcurrency(t *testing.T) {
	c, _ := served(t, &fake{do: func(_ context.Context, _ string, emit func(wire.Event)) { emit(did("web", "stopped")) }})
	ctx := bounded(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			on, got := collect()
			if err := c.Act(ctx, "stop", wire.TargetRequest{Targets: []string{"web"}}, on); err != nil || len(*got) != 1 {
				t.Errorf("%+v, %v", *got, err)
			}
		})
	}
	all.Wait()
}

func TestLongRoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), strings.Repeat("long-", 30))
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	if !longRoots {
		t.Skip("SKIPPED: the path of a socket is bounded here")
	}
	serve(t, holder(t, root), &fake{})
	if _, err := strict(t, root).Ping(bounded(t)); err != nil {
		t.Fatal(err)
	}
}

// What a context says is what a caller gets.
func TestContextEndsACall(t *testing.T) {
	began := make(chan bool, 1)
	c, _ := served(t, &fake{do: func(ctx context.Context, _ string, _ func(wire.Event)) {
		began <- true
		<-ctx.Done()
	}})
	ctx, cancel := context.WithCancel(bounded(t))
	go func() {
		wait(t, began)
		cancel()
	}()
	on, _ := collect()
	err := c.Act(ctx, "stop", wire.TargetRequest{Targets: []string{"all"}}, on)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func names(events []wire.Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, strings.TrimSpace(fmt.Sprint(e.App, " ", e.State, e.Did)))
	}
	return slices.Clip(all)
}
