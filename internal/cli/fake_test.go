package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"forever/internal/client"
	"forever/internal/wire"
)

// fake is a supervisor that answers what a test tells it to, and remembers
// what it was asked.
type fake struct {
	mu     sync.Mutex
	asked  []string // "stop web 0"
	acts   []wire.TargetRequest
	forgot []string // the targets of a foreground run's farewell
	start  wire.StartRequest

	apps    []wire.App
	appsErr error
	stored  bool // the apps come from the state file
	ping    wire.Ping
	err     error // of the next changing call
	events  []wire.Event

	// The foreground's: what start, act and watch do beside answering.
	onApps  func()
	onStart func(on func(wire.Event)) error
	onAct   func(action string, r wire.TargetRequest, on func(wire.Event)) error
	onWatch func(ctx context.Context, on func(wire.Event)) error
}

func (f *fake) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what)
}

func (f *fake) Ping(context.Context) (wire.Ping, error) { return f.ping, f.err }

func (f *fake) Apps(_ context.Context, q client.Query) ([]wire.App, bool, error) {
	if f.onApps != nil {
		f.onApps()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	apps := make([]wire.App, len(f.apps))
	copy(apps, f.apps)
	return apps, !f.stored, f.appsErr
}

func (f *fake) Wake(context.Context) error { return nil }

func (f *fake) setApps(apps ...wire.App) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.apps = apps
}

func (f *fake) Start(_ context.Context, r wire.StartRequest, _ []*os.File, on func(wire.Event)) error {
	f.note("start")
	f.start = r
	if f.onStart != nil {
		return f.onStart(on)
	}
	return f.emit(on)
}

func (f *fake) Act(_ context.Context, action string, r wire.TargetRequest, on func(wire.Event)) error {
	if action == "delete" && f.onWatch != nil { // the farewell of a foreground run
		f.forgot = r.Targets
		return nil
	}
	f.note(action)
	f.mu.Lock()
	f.acts = append(f.acts, r)
	f.mu.Unlock()
	if f.onAct != nil {
		return f.onAct(action, r, on)
	}
	return f.emit(on)
}

func (f *fake) Watch(ctx context.Context, on func(wire.Event)) error {
	if f.onWatch != nil {
		return f.onWatch(ctx, on)
	}
	on(wire.Event{Type: wire.EventWatching})
	<-ctx.Done()
	return nil
}

func (f *fake) Kill(_ context.Context, _ *int64, on func(wire.Event)) error {
	f.note("kill")
	return f.emit(on)
}

func (f *fake) Update(_ context.Context, _ string, on func(wire.Event)) error {
	f.note("update")
	return f.emit(on)
}

func (f *fake) emit(on func(wire.Event)) error {
	for _, ev := range f.events {
		on(ev)
	}
	return f.err
}

// ran is what a command line led to.
type ran struct {
	code        int
	out, errOut string
}

// forever runs a command line against the fake, in a root of its own.
func (f *fake) forever(t *testing.T, args ...string) ran {
	t.Helper()
	t.Setenv("FOREVER_ROOT", t.TempDir())
	var out, errs bytes.Buffer
	s := newSession(nil, &out, &errs)
	s.connect = func(string) service { return f }
	s.visit = s.connect
	code := s.main(append([]string{"forever"}, args...))
	return ran{code, out.String(), errs.String()}
}

// script makes an executable file that is never run, and returns its path.
func script(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
