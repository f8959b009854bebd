//go:build unix

package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/client"
	"forever/internal/wire"
)

// stage is a fake supervisor of a foreground run, whose events a test sends.
type stage struct {
	*fake
	watch chan wire.Event
	begun chan struct{} // closed when the run knows its apps
}

// newStage has the start call answer that each of apps runs, with ids from 7 on.
func newStage(apps ...string) *stage {
	g := &stage{fake: &fake{}, watch: make(chan wire.Event, 64), begun: make(chan struct{})}
	g.onWatch = func(ctx context.Context, on func(wire.Event)) error {
		on(wire.Event{Type: wire.EventWatching})
		for {
			select {
			case ev := <-g.watch:
				on(ev)
			case <-ctx.Done():
				return nil
			}
		}
	}
	for i, name := range apps {
		g.apps = append(g.apps, wire.App{ID: 7 + i, Name: name, Desired: wire.DesiredRunning, Instances: []wire.Instance{{Status: wire.Online}}})
	}
	g.onStart = func(on func(wire.Event)) error {
		defer close(g.begun)
		for i, name := range apps {
			on(state(7+i, name, wire.Starting, nil))
			on(state(7+i, name, wire.Online, nil))
			on(done("started", name, 7+i, 100+i))
		}
		return nil
	}
	return g
}

func state(id int, app, state string, exit *wire.Exit) wire.Event {
	return wire.Event{Type: wire.EventState, ID: id, App: app, State: state, Exit: exit}
}

func code(n int) *wire.Exit {
	return &wire.Exit{PID: 100, Code: n, RanMS: 20, At: wire.Moment{Time: time.Unix(int64(n), 0)}}
}

// run runs a command line in the foreground, on the stage.
func (g *stage) run(t *testing.T, args ...string) ran {
	t.Helper()
	t.Setenv("FOREVER_ROOT", t.TempDir())
	stream := func(name string) *os.File {
		file, err := os.Create(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	out, errs := stream("out"), stream("err")
	s := newSession(nil, out, errs)
	s.connect = func(string) service { return g }
	ended := make(chan int, 1)
	go func() { ended <- s.main(append([]string{"forever"}, args...)) }()
	r := ran{}
	select {
	case r.code = <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the run does not end")
	}
	text := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	r.out, r.errOut = text(out), text(errs)
	return r
}

func TestForegroundHandsOverTheExitCode(t *testing.T) {
	g := newStage("web")
	go func() {
		<-g.begun
		retry := state(7, "web", wire.Backoff, code(1))
		retry.NextMS = 100
		g.watch <- retry
		g.watch <- retry // told again by another stream: said once
		g.watch <- state(7, "web", wire.Online, nil)
		g.watch <- state(9, "other", wire.Failed, code(5)) // not ours
		g.watch <- state(7, "web", wire.Exited, code(3))
	}()
	r := g.run(t, script(t, "web.sh"), "--port", "80")
	want := ran{3, "", "forever: \"web\" exited with code 1 after 20ms; next try in 100ms\n"}
	if r != want {
		t.Errorf("\n got %+v\nwant %+v", r, want)
	}
	if strings.Join(g.forgot, " ") != "7" {
		t.Errorf("took %q off the list", g.forgot)
	}
	s := g.start.Specs[0]
	if !s.Foreground || !s.Essential || !s.Output.Direct || s.Output.Also || strings.Join(s.Args, " ") != "--port 80" {
		t.Errorf("%+v", s)
	}
}

func TestForegroundWithLogFilesShowsTheOutputToo(t *testing.T) {
	g := newStage("web")
	go func() { <-g.begun; g.watch <- state(7, "web", wire.Exited, code(0)) }()
	if r := g.run(t, "run", "-o", "/tmp/o.log", script(t, "web.sh")); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if s := g.start.Specs[0]; s.Output.Direct || !s.Output.Also {
		t.Errorf("%+v", s.Output)
	}
}

func TestForegroundTellsWhatFollowsARun(t *testing.T) {
	g := newStage("web")
	go func() {
		<-g.begun
		killed := &wire.Exit{PID: 100, Code: 137, Signal: "SIGKILL", RanMS: 5000, At: wire.Moment{Time: time.Unix(9, 0)}}
		g.setApps(wire.App{ID: 7, Name: "web", Desired: wire.DesiredRunning, Instances: []wire.Instance{{Status: wire.Online, LastExit: killed}}})
		g.watch <- state(7, "web", wire.Online, nil)
		g.watch <- state(7, "web", wire.Starting, nil)
		last := state(7, "web", wire.Failed, code(4))
		last.Message = "it ran twice"
		g.watch <- last
	}()
	want := ran{4, "", "forever: \"web\" was killed by SIGKILL after 5s; starting it again\n" +
		"forever: error: \"web\" exited with code 4 after 20ms; given up: it ran twice\n"}
	if r := g.run(t, "run", script(t, "web.sh")); r != want {
		t.Errorf("\n got %+v\nwant %+v", r, want)
	}
}

// The watch may tell of an app before the start call tells its id.
func TestForegroundTakesEventsThatComeEarly(t *testing.T) {
	g := newStage("web")
	begin, told := g.onStart, make(chan struct{})
	g.onWatch = func(ctx context.Context, on func(wire.Event)) error {
		on(state(7, "web", wire.Online, nil))
		on(state(7, "web", wire.Exited, code(6)))
		g.setApps()
		close(told)
		<-ctx.Done()
		return nil
	}
	g.onStart = func(on func(wire.Event)) error {
		<-told
		return begin(on)
	}
	if r := g.run(t, "run", script(t, "web.sh")); r.code != 6 {
		t.Errorf("%+v", r)
	}
}

func TestForegroundWithoutASupervisorAtFirst(t *testing.T) {
	g := newStage("web")
	watch := g.onWatch
	tries := 0
	g.onWatch = func(ctx context.Context, on func(wire.Event)) error {
		if tries++; tries == 1 {
			return client.ErrNoSupervisor
		}
		go func() { g.watch <- state(7, "web", wire.Exited, code(0)) }()
		return watch(ctx, on)
	}
	if r := g.run(t, "run", script(t, "web.sh")); r != (ran{}) {
		t.Errorf("%+v", r)
	}
}

// An app that is gone when the watch begins has ended; nobody knows how.
func TestForegroundNoticesAnEndThatNobodyToldOf(t *testing.T) {
	g := newStage("web")
	g.onWatch = func(ctx context.Context, on func(wire.Event)) error {
		<-g.begun
		g.setApps()
		on(wire.Event{Type: wire.EventWatching})
		<-ctx.Done()
		return nil
	}
	r := g.run(t, "run", script(t, "web.sh"))
	if r.code != 1 || r.errOut != "forever: error: app \"web\" has ended; its exit code is not known\n" {
		t.Errorf("%+v", r)
	}
}

// One that was given up is told of all the same, and once.
func TestForegroundTellsOfAnEndBeforeTheWatch(t *testing.T) {
	g := newStage("web")
	failed := state(7, "web", wire.Failed, code(6))
	failed.Message = "it ran 2 times, as many times as --max allows"
	g.setApps(wire.App{ID: 7, Name: "web", Desired: wire.DesiredRunning, Instances: []wire.Instance{
		{Status: wire.Failed, LastExit: code(6), Note: failed.Message},
	}})
	go func() { <-g.begun; g.watch <- failed }()
	want := ran{6, "", "forever: error: \"web\" exited with code 6 after 20ms; given up: it ran 2 times, as many times as --max allows\n"}
	if r := g.run(t, "run", "-m", "2", script(t, "web.sh")); r != want {
		t.Errorf("\n got %+v\nwant %+v", r, want)
	}
}

func TestForegroundEndsWithItsSupervisor(t *testing.T) {
	g := newStage("web")
	g.onWatch = func(_ context.Context, on func(wire.Event)) error {
		<-g.begun
		on(wire.Event{Type: wire.EventWatching})
		on(state(7, "web", wire.Online, nil))
		g.setApps()
		return client.ErrNoSupervisor
	}
	if r := g.run(t, "run", script(t, "web.sh")); r.code != 1 || !strings.Contains(r.errOut, "not known") {
		t.Errorf("%+v", r)
	}
}

// A restart by somebody else passes through "stopped".
func TestForegroundSurvivesARestart(t *testing.T) {
	g := newStage("web")
	go func() {
		<-g.begun
		g.watch <- state(7, "web", wire.Stopping, nil)
		g.watch <- state(7, "web", wire.Stopped, code(143))
		g.watch <- state(7, "web", wire.Starting, nil)
		g.watch <- state(7, "web", wire.Online, nil)
		g.watch <- state(7, "web", wire.Exited, code(2))
	}()
	if r := g.run(t, "run", script(t, "web.sh")); r.code != 2 {
		t.Errorf("%+v", r)
	}
}

// Both background processes were killed: what lives on is not called ended.
func TestForegroundThatIsLeftAlone(t *testing.T) {
	g := newStage("web")
	g.onWatch = func(context.Context, func(wire.Event)) error {
		<-g.begun
		g.setApps(wire.App{ID: 7, Name: "web", Desired: wire.DesiredRunning, Instances: []wire.Instance{{Status: wire.Online, PID: 42}}})
		return client.ErrNoSupervisor
	}
	want := ran{1, "", "forever: error: app \"web\": forever's background processes were killed; it runs on without them (pid 42)\nforever: hint: forever stop web\n"}
	if r := g.run(t, "run", script(t, "web.sh")); r != want {
		t.Errorf("%+v", r)
	}
}

func TestForegroundOfAProgramThatCannotBeExecuted(t *testing.T) {
	g := newStage()
	g.onStart = func(on func(wire.Event)) error {
		on(state(7, "web", wire.Starting, nil))
		g.watch <- wire.Event{Type: wire.EventState, ID: 7, App: "web", Instance: -1, State: wire.Deleted}
		on(state(7, "web", wire.Failed, &wire.Exit{Code: 126}))
		again := state(7, "web", wire.Failed, &wire.Exit{Code: 126})
		again.Err = &wire.Error{Code: wire.CodeExec, Message: "permission denied", Exit: 126}
		on(again)
		ev := missed(wire.CodeExec, `app "web": permission denied`, "chmod +x web.sh")
		ev.App, ev.ID, ev.Err.Exit = "web", 7, 126
		on(ev)
		return nil
	}
	want := ran{126, "", "forever: error: app \"web\": permission denied\nforever: hint: chmod +x web.sh\n"}
	if r := g.run(t, "run", script(t, "web.sh")); r != want {
		t.Errorf("\n got %+v\nwant %+v", r, want)
	}
}

func TestForegroundOfAProgramThatIsGoneLater(t *testing.T) {
	g := newStage("web")
	go func() {
		<-g.begun
		g.watch <- state(7, "web", wire.Failed, &wire.Exit{Code: 127})
		last := state(7, "web", wire.Failed, nil)
		last.Err = &wire.Error{Code: wire.CodeExec, Message: `app "web": no such file`, Exit: 127}
		g.watch <- last
	}()
	r := g.run(t, "run", script(t, "web.sh"))
	if r.code != 127 || strings.Count(r.errOut, "\n") != 1 || !strings.Contains(r.errOut, "no such file") {
		t.Errorf("%+v", r)
	}
}

func TestForegroundOfAnAppThatRunsAlready(t *testing.T) {
	g := newStage()
	g.onStart = func(on func(wire.Event)) error {
		ev := missed(wire.CodeRunning, `app "web" is online already (id 7)`, "forever restart web")
		ev.App, ev.ID = "web", 7
		on(ev)
		return nil
	}
	r := g.run(t, "run", script(t, "web.sh"))
	if r.code != 1 || !strings.Contains(r.errOut, "already") || len(g.acts) > 0 {
		t.Errorf("%+v, acts %+v", r, g.acts)
	}
}

func TestForegroundOfWhatIsNoProgram(t *testing.T) {
	cases := []struct {
		args string
		code int
		text string
	}{
		{"lst", 127, "did you mean forever list?"},
		{"run lst", 127, `"lst"`},
		{"/nowhere/at/all", 127, `"/nowhere/at/all"`},
		{"run", 2, "run needs a PROGRAM"},
		{"--env X /bin/sh", 2, "--env"},
	}
	for _, c := range cases {
		if r := newStage().run(t, strings.Fields(c.args)...); r.code != c.code || !strings.Contains(r.errOut, c.text) {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, []byte("\x7fELF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := newStage().run(t, file); r.code != 126 {
		t.Errorf("%+v", r)
	}
}

// raise sends a signal to this very process; the run has asked for it by then.
func raise(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Error(err)
	}
}

func TestForegroundStopsOnSignals(t *testing.T) {
	for sig, want := range map[syscall.Signal]string{syscall.SIGTERM: "", syscall.SIGINT: "SIGINT", syscall.SIGHUP: "SIGHUP", syscall.SIGQUIT: "SIGQUIT"} {
		if signal.Ignored(sig) {
			continue // whoever started the tests did so, as nohup does
		}
		g := newStage("web")
		g.onAct = func(action string, r wire.TargetRequest, on func(wire.Event)) error {
			if r.TimeoutMS == nil {
				raise(t, sig) // the second one means: at once
				return nil
			}
			g.setApps(wire.App{ID: 7, Name: "web", Desired: wire.DesiredStopped, Instances: []wire.Instance{
				{Status: wire.Stopped, LastExit: code(128 + int(sig))},
			}})
			g.watch <- state(7, "web", wire.Stopped, code(128+int(sig)))
			return nil
		}
		go func() { <-g.begun; raise(t, sig) }()
		r := g.run(t, "run", script(t, "web.sh"))
		if r.code != 128+int(sig) || strings.Join(g.asked, " ") != "start stop stop" {
			t.Errorf("%v: %+v, asked %q", sig, r, g.asked)
			continue
		}
		first, second := g.acts[0], g.acts[1]
		if first.Signal != want || strings.Join(first.Targets, " ") != "7" || *second.TimeoutMS != 0 {
			t.Errorf("%v: asked %+v, then %+v", sig, first, second)
		}
	}
}

func TestForegroundPassesSignalsOn(t *testing.T) {
	g := newStage("web")
	g.onAct = func(action string, r wire.TargetRequest, on func(wire.Event)) error {
		g.watch <- state(7, "web", wire.Exited, code(0))
		return nil
	}
	go func() { <-g.begun; raise(t, syscall.SIGUSR2) }()
	r := g.run(t, "run", script(t, "web.sh"))
	if r.code != 0 || g.asked[1] != "signal" || g.acts[0].Signal != "SIGUSR2" {
		t.Errorf("%+v, asked %q %+v", r, g.asked, g.acts)
	}
}

func several(t *testing.T, essential string) string {
	t.Helper()
	program := script(t, "x.sh")
	text := "apps:\n"
	for _, name := range []string{"web", "db"} {
		text += "- name: " + name + "\n  script: " + program + "\n"
		if name == essential {
			text += "  essential: true\n"
		}
	}
	file := filepath.Join(t.TempDir(), "apps.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestForegroundEndsWithTheEssentialApp(t *testing.T) {
	g := newStage("web", "db")
	g.onAct = func(action string, r wire.TargetRequest, on func(wire.Event)) error {
		g.watch <- state(8, "db", wire.Exited, code(0))
		return nil
	}
	go func() { <-g.begun; g.watch <- state(7, "web", wire.Failed, code(9)) }()
	r := g.run(t, "run", several(t, "web"))
	if r.code != 9 || len(g.acts) != 1 || strings.Join(g.acts[0].Targets, " ") != "8" || g.asked[1] != "stop" {
		t.Errorf("%+v, asked %q %+v", r, g.asked, g.acts)
	}
}

func TestForegroundOfSeveralEndsWithTheLast(t *testing.T) {
	g := newStage("web", "db")
	go func() {
		<-g.begun
		g.watch <- state(8, "db", wire.Failed, code(5))
		g.watch <- state(7, "web", wire.Exited, code(0))
	}()
	if r := g.run(t, "-s", "run", several(t, "")); r.code != 5 || len(g.acts) > 0 {
		t.Errorf("%+v, asked %q", r, g.asked)
	}
}

func TestForegroundGivesUpWhatCannotBeStopped(t *testing.T) {
	g := newStage("web", "db")
	g.onAct = func(action string, r wire.TargetRequest, on func(wire.Event)) error {
		on(missed(wire.CodeNotStopped, `app "db": process 9 does not die`, ""))
		return nil
	}
	go func() { <-g.begun; g.watch <- state(7, "web", wire.Failed, code(9)) }()
	if r := g.run(t, "run", several(t, "web")); r.code != 9 || !strings.Contains(r.errOut, "does not die") {
		t.Errorf("%+v", r)
	}
}

func TestListWatchesUntilInterrupted(t *testing.T) {
	f := &fake{apps: []wire.App{{Name: "web", Instances: []wire.Instance{{Status: wire.Online}}}}}
	f.onApps = func() { raise(t, syscall.SIGINT) }
	if r := f.forever(t, "list", "--watch"); r.code != codeDone || !strings.Contains(r.out, "web") || r.errOut != "" {
		t.Errorf("%+v", r)
	}
	if r := f.forever(t, "list", "--watch", "--json"); r.code != codeDone || strings.Count(r.out, "\n") != 1 || !strings.HasPrefix(r.out, `[{"id":0,`) {
		t.Errorf("%+v", r)
	}
}
