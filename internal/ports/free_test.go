package ports

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
)

// patience bounds what should be short. It ends with the test.
func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// kill ends a program behind everybody's back.
func kill(t *testing.T, p *program) {
	process, err := os.FindProcess(p.pid)
	if err == nil {
		err = process.Kill()
	}
	if err != nil {
		t.Error(err)
	}
	<-p.ended
}

func free(t *testing.T, o Options, list ...Port) []Result {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = time.Minute // the test is no judge of speed
	}
	results, err := Free(patience(t), list, o)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// isFree listens on the port itself.
func isFree(t *testing.T, network, addr string) {
	t.Helper()
	if strings.HasPrefix(network, "udp") {
		pc, err := net.ListenPacket(network, addr)
		if err != nil {
			t.Fatalf("the port is not free: %v", err)
		}
		pc.Close()
		return
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	ln.Close()
}

func TestFree(t *testing.T) {
	for _, c := range []struct{ network, host string }{
		{"tcp4", "127.0.0.1"}, {"tcp6", "[::1]"}, {"tcp6", "[::]"}, {"tcp", ""}, {"udp4", "127.0.0.1"}, {"udp6", "[::1]"},
	} {
		t.Run(c.network+c.host, func(t *testing.T) {
			p := start(t, "listen "+c.network+" "+c.host+":0")
			r := free(t, Options{}, p.port)[0]
			if r.State != Freed || r.Err != nil || len(r.Ended) != 1 {
				t.Fatalf("%+v", r)
			}
			if e := r.Ended[0]; e.PID != p.pid || e.Signal != "SIGTERM" || e.User == "" || len(e.Args) == 0 {
				t.Errorf("%+v", e)
			}
			isFree(t, c.network, c.host+":"+p.port.String())
		})
	}
}

func TestFreeOnlyTheProtocol(t *testing.T) {
	p := start(t, "listen udp4 127.0.0.1:0")
	if r := free(t, Options{}, Port{p.port.Number, sockets.TCP})[0]; r.State != WasFree || !p.runs() {
		t.Errorf("%+v", r)
	}
}

func TestFreeSeveral(t *testing.T) {
	a, b := start(t, "listen tcp4 127.0.0.1:0"), start(t, "share")
	results := free(t, Options{}, a.port, Port{1, sockets.TCP}, b.port)
	if results[0].State != Freed || results[1].State != WasFree || results[2].State != Freed || len(results[2].Ended) != 3 {
		t.Errorf("%+v", results)
	}
	if results[1].Err == nil || !strings.Contains(results[1].Err.Message, "nothing listens on port 1") {
		t.Errorf("a free port: %v", results[1].Err)
	}
}

// Each process of a group with SO_REUSEPORT has a socket of its own.
func TestFreeReusedPort(t *testing.T) {
	a := start(t, "reuse 127.0.0.1:0")
	b := start(t, "reuse 127.0.0.1:"+a.port.String())
	r := free(t, Options{}, a.port)[0]
	if r.State != Freed || len(r.Ended) != 2 {
		t.Fatalf("%+v", r)
	}
	for _, p := range []*program{a, b} {
		<-p.ended
	}
	isFree(t, "tcp4", "127.0.0.1:"+a.port.String())
}

func TestFreeStubborn(t *testing.T) {
	p := start(t, "stubborn tcp4 127.0.0.1:0")
	r := free(t, Options{Timeout: time.Millisecond}, p.port)[0]
	if r.State != Freed || len(r.Ended) != 1 || r.Ended[0].Signal != "SIGKILL" {
		t.Errorf("%+v", r)
	}
	p = start(t, "stubborn tcp4 127.0.0.1:0")
	r = free(t, Options{Force: true}, p.port)[0]
	if r.State != Freed || r.Ended[0].Signal != "SIGKILL" {
		t.Errorf("by force: %+v", r)
	}
}

func TestFreeWithSignal(t *testing.T) {
	p := start(t, "stubborn tcp4 127.0.0.1:0")
	r := free(t, Options{Signal: syscall.SIGHUP}, p.port)[0]
	if r.State != Freed || r.Ended[0].Signal != "SIGHUP" {
		t.Errorf("%+v", r)
	}
}

func TestDryRun(t *testing.T) {
	p := start(t, "share")
	r := free(t, Options{DryRun: true}, p.port)[0]
	if r.State != WouldFree || len(r.Ended) != 3 || !p.runs() {
		t.Errorf("%+v", r)
	}
}

func TestTree(t *testing.T) {
	p := start(t, "parent")
	r := free(t, Options{Tree: true}, p.port)[0]
	child, _ := strconv.Atoi(strings.Fields(p.said)[1])
	if r.State != Freed || len(r.Ended) != 2 || r.Ended[0].PID != p.pid && r.Ended[1].PID != p.pid {
		t.Fatalf("%+v", r)
	}
	if r.Ended[0].PID != child && r.Ended[1].PID != child {
		t.Errorf("the child %d is left: %+v", child, r)
	}
}

func TestClientLives(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	client := start(t, "connect "+p.port.String())
	if r := free(t, Options{}, p.port)[0]; r.State != Freed || len(r.Ended) != 1 || !client.runs() {
		t.Errorf("%+v, the client runs: %v", r, client.runs())
	}
}

func TestSparesItself(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := Port{uint16(ln.Addr().(*net.TCPAddr).Port), ""}
	if r := free(t, Options{Force: true}, port)[0]; r.State != Taken || !strings.Contains(r.Err.Message, "itself") {
		t.Errorf("%+v", r)
	}

	child := start(t, "free "+port.String()) // we are its ancestor
	var results []struct {
		State string
		Error struct{ Message, Hint string }
	}
	if err := json.Unmarshal([]byte(child.said), &results); err != nil {
		t.Fatalf("%s: %v", child.said, err)
	}
	if r := results[0]; r.State != Taken || !strings.Contains(r.Error.Message, "in which this command runs") || !strings.Contains(r.Error.Hint, "--force") {
		t.Errorf("%s", child.said)
	}
}

func TestSparesProcessOneAndKeepers(t *testing.T) {
	f := &freeing{}
	var r Result
	if !f.spared(&r, who.Process{Entry: proc.Entry{PID: 1}}) || r.State != Taken {
		t.Errorf("process 1: %+v", r)
	}
	p := start(t, "listen tcp4 127.0.0.1:0")
	r = free(t, Options{Keeper: func(k who.Process) bool { return k.PID == p.pid }}, p.port)[0]
	if r.State != Taken || !p.runs() {
		t.Errorf("a keeper: %+v", r)
	}
}

func TestKeeperBesideAnApp(t *testing.T) {
	p := start(t, "share")
	r := free(t, Options{Keeper: func(k who.Process) bool { return k.PID == p.pid }, DryRun: true}, p.port)[0]
	if r.State != WouldFree || len(r.Ended) != 2 {
		t.Errorf("%+v, want the two others", r)
	}
}

func appEnv(instance int) []string {
	return []string{"FOREVER_ROOT=/r", "FOREVER_UID=u", "FOREVER_APP=web", "FOREVER_ID=3", "FOREVER_INSTANCE=" + strconv.Itoa(instance)}
}

func TestAppIsStopped(t *testing.T) {
	a := start(t, "listen tcp4 127.0.0.1:0", appEnv(0)...)
	b := start(t, "listen tcp4 127.0.0.2:"+a.port.String(), appEnv(1)...)
	calls := 0
	stop := func(_ context.Context, app who.App) error {
		calls++
		if app.Root != "/r" || app.Name != "web" || app.ID != 3 {
			t.Errorf("asked to stop %+v", app)
		}
		for _, p := range []*program{a, b} {
			kill(t, p)
		}
		return nil
	}
	r := free(t, Options{StopApp: stop}, a.port)[0]
	if r.State != Freed || len(r.Ended) != 0 || len(r.Stopped) != 1 || calls != 1 {
		t.Errorf("%+v after %d calls", r, calls)
	}
}

func TestAppThatCannotBeStopped(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0", appEnv(0)...)
	stop := func(context.Context, who.App) error { return errors.New("it is busy") }
	if r := free(t, Options{StopApp: stop}, p.port)[0]; r.State != Taken || !p.runs() || !strings.Contains(r.Err.Message, "it is busy") {
		t.Errorf("%+v", r)
	}
}

func TestMarksOfAnAppThatIsGone(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0", appEnv(0)...)
	stop := func(context.Context, who.App) error { return ErrNoApp }
	if r := free(t, Options{StopApp: stop}, p.port)[0]; r.State != Freed || len(r.Ended) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestMarksOfNoApp(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0", appEnv(0)...)
	stop := func(context.Context, who.App) error { t.Error("asked to stop it"); return nil }
	unknown := func(context.Context, who.App) bool { return false }
	o := Options{StopApp: stop, HasApp: unknown, DryRun: true}
	if r := free(t, o, p.port)[0]; r.State != WouldFree || len(r.Ended) != 1 || len(r.Stopped) != 0 {
		t.Errorf("%+v", r)
	}
	o.DryRun = false
	if r := free(t, o, p.port)[0]; r.State != Freed || len(r.Ended) != 1 || len(r.Stopped) != 0 {
		t.Errorf("%+v", r)
	}
}

// What is left of an app that was stopped (a process that took its marks along)
// is killed.
func TestLeftOfAnApp(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0", appEnv(0)...)
	calls := 0
	stop := func(context.Context, who.App) error { calls++; return nil }
	r := free(t, Options{StopApp: stop}, p.port)[0]
	if r.State != Freed || calls != 1 || len(r.Stopped) != 1 || len(r.Ended) != 1 || r.Ended[0].PID != p.pid {
		t.Errorf("%+v after %d calls", r, calls)
	}
}

// Whoever runs under an app and frees a port that is held under it as well does
// not stop himself.
func TestOwnApp(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0", appEnv(0)...)
	child := start(t, "free "+p.port.String(), appEnv(1)...)
	if !strings.Contains(child.said, `"state":"freed"`) || !strings.Contains(child.said, `"stopped":[]`) {
		t.Errorf("%s", child.said)
	}
	<-p.ended
}

// A process that has the number of the one that was meant is left alone.
func TestRecycledPID(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	table, err := proc.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := table.Get(p.pid)
	e.Start--
	f := &freeing{Options: Options{Signal: syscall.SIGKILL}}
	v := &victim{Process: who.Process{Entry: e}}
	if err := f.end(patience(t), v); err != nil || v.sent != "" || !p.runs() {
		t.Errorf("%v, sent %q", err, v.sent)
	}
}

// The holder ends between the look and the signal.
func TestExitsMeanwhile(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	f := &freeing{Options: Options{Signal: syscall.SIGTERM}, results: []Result{{Port: p.port}}}
	found, err := f.look()
	if err != nil {
		t.Fatal(err)
	}
	plan := f.plan(t.Context(), found)
	kill(t, p)
	if err := f.carryOut(patience(t), plan); err != nil {
		t.Fatal(err)
	}
	if found, err = f.look(); err != nil || len(found) != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	f.plan(t.Context(), found)
	if r := f.results[0]; r.State != Freed || r.Err != nil || len(r.Ended) != 1 || r.Ended[0].Signal != "" {
		t.Errorf("%+v", r)
	}
}

// What listens after the first round and did not exist before is watched over
// by somebody, and is not killed again and again.
func TestTakenAgain(t *testing.T) {
	p := start(t, "listen tcp4 127.0.0.1:0")
	f := &freeing{began: time.Now().Add(-time.Hour), results: []Result{{Port: p.port, Ended: []Ended{{}}}}}
	found, err := f.look()
	if err != nil {
		t.Fatal(err)
	}
	if plan := f.plan(t.Context(), found); !plan.empty() {
		t.Errorf("%+v", plan)
	}
	if r := f.results[0]; r.State != Taken || !strings.Contains(r.Err.Message, "taken again") || !strings.Contains(r.Err.Hint, strconv.Itoa(os.Getpid())) {
		t.Errorf("%+v", r)
	}
}

func TestUnseen(t *testing.T) {
	r := Result{Port: Port{80, ""}}
	r.unseen(&sockets.Socket{UID: -1}, &freeing{})
	if r.State != Taken || r.Err == nil {
		t.Errorf("%+v", r)
	}
}

func TestCancelled(t *testing.T) {
	p := start(t, "stubborn tcp4 127.0.0.1:0")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Free(ctx, []Port{p.port}, Options{Timeout: time.Hour}); !errors.Is(err, context.Canceled) || !p.runs() {
		t.Errorf("%v", err)
	}
}

func BenchmarkFreeFree(b *testing.B) {
	for b.Loop() {
		if r, err := Free(context.Background(), []Port{{1, sockets.TCP}}, Options{}); err != nil || r[0].State != WasFree {
			b.Fatal(r, err)
		}
	}
}
