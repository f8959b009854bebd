package client

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

// save writes a state file with one app, whose instances have these processes.
func save(t *testing.T, root string, statuses []string, processes ...pidfile.Process) {
	t.Helper()
	spec := wire.Spec{
		Name: "web", Typed: "server", Script: "/srv/server.js", Args: []string{"--x"},
		Cluster: true, Env: []string{"SECRET=1"}, Output: wire.Output{ErrFile: "/var/log/err"},
	}
	exits := []wire.Exit{{Code: 3, Reason: "exit code 3"}, {Code: 4}}
	app := pidfile.App{ID: 3, Name: "web", Namespace: "default", UID: "k3Xa", Desired: pidfile.Running, Spec: encode(t, spec)}
	for i, p := range processes {
		app.Instances = append(app.Instances, pidfile.Instance{
			Index: i, Status: statuses[i], Process: p, Restarts: 2, Exits: encode(t, exits), StartedAt: time.Now().Add(-time.Minute),
		})
	}
	state := &pidfile.State{Apps: []pidfile.App{app}}
	if err := pidfile.Save(filepath.Join(root, stateName), state); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// self is this process, which lives.
func self(t *testing.T) pidfile.Process {
	t.Helper()
	p, err := pidfile.Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recycled is a process whose PID another one has by now.
func recycled(t *testing.T) pidfile.Process {
	p := self(t)
	p.Start--
	return p
}

func TestStoredApps(t *testing.T) {
	root := t.TempDir()
	statuses := []string{wire.Online, wire.Online, wire.Failed, wire.Backoff}
	save(t, root, statuses, self(t), recycled(t), pidfile.Process{}, pidfile.Process{})
	apps, live, err := strict(t, root).Apps(bounded(t), Query{})
	if err != nil || live || len(apps) != 1 {
		t.Fatalf("%+v, %v, %v", apps, live, err)
	}
	a := apps[0]
	if a.ID != 3 || a.Name != "web" || a.Mode != "cluster" || a.Typed != "server" || a.Restarts != 8 || a.Spec != nil {
		t.Errorf("%+v", a)
	}
	if a.OutFile != filepath.Join(root, "logs", "web-out-0.log") || a.ErrFile != "/var/log/err-0" || a.PidFile != filepath.Join(root, "pids", "web-3.pid") {
		t.Errorf("files %q, %q, %q", a.OutFile, a.ErrFile, a.PidFile)
	}
	var pids []int
	var got []string
	for _, in := range a.Instances {
		pids, got = append(pids, in.PID), append(got, in.Status)
	}
	if !slices.Equal(pids, []int{os.Getpid(), 0, 0, 0}) || !slices.Equal(got, []string{wire.Online, wire.Stopped, wire.Failed, wire.Stopped}) {
		t.Errorf("pids %v, statuses %q", pids, got)
	}
	if a.Status != wire.Failed || a.Instances[0].UptimeMS < time.Minute.Milliseconds() || a.Instances[1].UptimeMS != 0 {
		t.Errorf("status %q, uptimes %d, %d", a.Status, a.Instances[0].UptimeMS, a.Instances[1].UptimeMS)
	}
	if last := a.Instances[0].LastExit; last == nil || last.Code != 3 || len(a.Instances[0].Exits) != 2 {
		t.Errorf("last exit %+v", last)
	}
}

func TestStoredSpec(t *testing.T) {
	root := t.TempDir()
	save(t, root, nil)
	for _, q := range []Query{{Spec: true}, {Env: true}} {
		apps, _, err := strict(t, root).Apps(bounded(t), q)
		if err != nil || apps[0].Spec == nil || (apps[0].Spec.Env != nil) != q.Env {
			t.Errorf("%+v: %+v, %v", q, apps, err)
		}
	}
}

// A pair that has hung up may still be ending.
func TestKillWaitsForThePairThatHasHungUp(t *testing.T) {
	root := t.TempDir()
	lock, err := pidfile.TryLock(filepath.Join(root, lockName))
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	on, _ := collect()
	if err := strict(t, root).Kill(short, nil, on); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it is there: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if err := strict(t, root).Kill(bounded(t), nil, on); err != nil {
		t.Errorf("when it is gone: %v", err)
	}
}

func TestNothingThere(t *testing.T) {
	for _, root := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
		c := strict(t, root)
		apps, live, err := c.Apps(bounded(t), Query{})
		if err != nil || live || apps == nil || len(apps) != 0 {
			t.Errorf("apps: %+v, %v, %v", apps, live, err)
		}
		if _, err := c.Ping(bounded(t)); !errors.Is(err, ErrNoSupervisor) {
			t.Errorf("ping: %v", err)
		}
		on, got := collect()
		if err := c.Watch(bounded(t), on); !errors.Is(err, ErrNoSupervisor) {
			t.Errorf("watch: %v", err)
		}
		if err := c.Update(bounded(t), "/bin/forever", on); !errors.Is(err, ErrNoSupervisor) {
			t.Errorf("update: %v", err)
		}
		if err := c.Kill(bounded(t), nil, on); err != nil || len(*got) != 0 {
			t.Errorf("kill: %v, %+v", err, *got)
		}
		if err := c.Act(bounded(t), "stop", wire.TargetRequest{Targets: []string{"all"}}, on); err != nil || len(*got) != 0 {
			t.Errorf("stop all: %v, %+v", err, *got)
		}
		if err := c.Act(bounded(t), "stop", wire.TargetRequest{Targets: []string{"web", "0"}}, on); err != nil || len(*got) != 2 {
			t.Errorf("stop: %v, %+v", err, *got)
		}
		for _, e := range *got {
			if e.Type != wire.EventResult || e.Err == nil || e.Err.Code != wire.CodeNoTarget {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestDamagedState(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, stateName), []byte("{\n \"version\": 1,\n oops"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := strict(t, root)
	on, _ := collect()
	_, _, apps := c.Apps(bounded(t), Query{})
	act := c.Act(bounded(t), "stop", wire.TargetRequest{Targets: []string{"web"}}, on)
	for what, err := range map[string]error{"apps": apps, "act": act, "kill": c.Kill(bounded(t), nil, on)} {
		var damaged *pidfile.DamagedError
		if !errors.As(err, &damaged) || damaged.Line != 3 {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// starter serves the root in this process when it is asked for the nth time;
// before that another client is about to.
func starter(t *testing.T, c *Client, b *fake, nth int32) *atomic.Int32 {
	var asked atomic.Int32
	c.Starter = func(_ context.Context, root string) error {
		if asked.Add(1) < nth {
			return ErrLocked
		}
		serve(t, holder(t, root), b)
		return nil
	}
	return &asked
}

func TestPairIsStarted(t *testing.T) {
	targets := wire.TargetRequest{Targets: []string{"web"}}
	for name, act := range map[string]func(*Client, context.Context) error{
		"start": func(c *Client, ctx context.Context) error {
			return c.Start(ctx, wire.StartRequest{Specs: make([]wire.Spec, 1)}, nil, func(wire.Event) {})
		},
		"stop": func(c *Client, ctx context.Context) error {
			return c.Act(ctx, "stop", targets, func(wire.Event) {})
		},
		"kill": func(c *Client, ctx context.Context) error {
			return c.Kill(ctx, nil, func(wire.Event) {})
		},
	} {
		c := New(t.TempDir())
		if name != "start" {
			save(t, c.root, []string{wire.Online}, self(t))
		}
		asked := starter(t, c, &fake{}, 3)
		if err := act(c, bounded(t)); err != nil || asked.Load() != 3 {
			t.Errorf("%s: %v after %d starts", name, err, asked.Load())
		}
	}
}

// Kill leaves alone what is dead already.
func TestKillStartsNothingForTheDead(t *testing.T) {
	root := t.TempDir()
	save(t, root, []string{wire.Online}, recycled(t))
	if err := strict(t, root).Kill(bounded(t), nil, func(wire.Event) {}); err != nil {
		t.Fatal(err)
	}
}

func TestStarterFails(t *testing.T) {
	c := New(t.TempDir())
	want := errors.New("no room")
	c.Starter = func(context.Context, string) error { return want }
	if err := c.Start(bounded(t), wire.StartRequest{}, nil, func(wire.Event) {}); err != want {
		t.Fatal(err)
	}
	c.Starter = func(context.Context, string) error { return ErrLocked }
	c.patience = 20 * time.Millisecond
	if err := c.Start(bounded(t), wire.StartRequest{}, nil, func(wire.Event) {}); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
}
