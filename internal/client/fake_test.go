package client

import (
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"forever/internal/api"
	"forever/internal/sock"
	"forever/internal/wire"
)

// deadline bounds every wait of these tests; none depends on it to pass.
const deadline = 30 * time.Second

// work is what a fake supervisor does for one call.
type work func(ctx context.Context, call string, emit func(wire.Event))

// fake is an api.Backend that notes what it is asked and does what a test says.
type fake struct {
	apps []wire.App
	do   work // nil: nothing

	mu       sync.Mutex
	starts   []wire.StartRequest
	targets  []wire.TargetRequest
	timeouts []*int64
	streams  func([]*os.File)
}

func (f *fake) run(ctx context.Context, call string, emit func(wire.Event)) {
	if f.do != nil {
		f.do(ctx, call, emit)
	}
}

func (f *fake) Ping() wire.Ping {
	return wire.Ping{API: wire.APIVersion, SupervisorPID: os.Getpid(), Apps: len(f.apps)}
}

func (f *fake) Apps() []wire.App { return f.apps }

func (f *fake) Start(ctx context.Context, r wire.StartRequest, files []*os.File, emit func(wire.Event)) {
	f.mu.Lock()
	f.starts = append(f.starts, r)
	f.mu.Unlock()
	if f.streams != nil {
		f.streams(files)
	}
	for _, file := range files {
		file.Close()
	}
	f.run(ctx, "start", emit)
}

func (f *fake) Act(ctx context.Context, action string, r wire.TargetRequest, emit func(wire.Event)) {
	f.mu.Lock()
	f.targets = append(f.targets, r)
	f.mu.Unlock()
	f.run(ctx, action, emit)
}

func (f *fake) Watch(ctx context.Context, emit func(wire.Event)) { f.run(ctx, "watch", emit) }

func (f *fake) Kill(ctx context.Context, timeoutMS *int64, emit func(wire.Event)) {
	f.mu.Lock()
	f.timeouts = append(f.timeouts, timeoutMS)
	f.mu.Unlock()
	f.run(ctx, "kill", emit)
}

func (f *fake) Update(ctx context.Context, exe string, emit func(wire.Event)) {
	f.run(ctx, "update "+exe, emit)
}

// did makes a result event.
func did(app, what string) wire.Event {
	return wire.Event{Type: wire.EventResult, App: app, Instance: -1, Did: what}
}

// state makes a state event.
func state(app, what string, pid int) wire.Event {
	return wire.Event{Type: wire.EventState, App: app, State: what, PID: pid}
}

// supervisor is a fake that serves a root.
type supervisor struct {
	stop func() // ends it, as a killed one ends: streams break off
}

// holder holds the listening socket, as the shim does: supervisors come and
// go, and what connects meanwhile waits.
func holder(t *testing.T, root string) *net.UnixListener {
	t.Helper()
	ln, err := sock.Listen(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// serve makes b answer for ln until the test ends or it is stopped.
func serve(t *testing.T, ln *net.UnixListener, b api.Backend) *supervisor {
	t.Helper()
	f, err := ln.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	own, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- api.Serve(ctx, own, b) }()
	s := &supervisor{stop: sync.OnceFunc(func() {
		cancel()
		if err := wait(t, done); err != nil {
			t.Error(err)
		}
	})}
	t.Cleanup(s.stop)
	return s
}

// served is a client of a root that b serves, and the root.
func served(t *testing.T, b api.Backend) (*Client, string) {
	t.Helper()
	root := t.TempDir()
	serve(t, holder(t, root), b)
	return strict(t, root), root
}

// strict is a client that may not start anything.
func strict(t *testing.T, root string) *Client {
	c := New(root)
	c.Starter = func(context.Context, string) error {
		t.Error("a pair was started")
		return ErrNoSupervisor
	}
	return c
}

// bounded ends a test's call when it hangs.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	return ctx
}

// collect is a receiver of events and what it received.
func collect() (on func(wire.Event), got *[]wire.Event) {
	got = new([]wire.Event)
	return func(e wire.Event) { *got = append(*got, e) }, got
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
