//go:build unix

package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forever/internal/clock"
	"forever/internal/logs"
	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// bound is how long a test waits for what must come; none passes by its end.
const bound = 30 * time.Second

const thisBoot = "boot-1"

var dawn = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is everything around a supervisor: a shim whose processes are only
// numbers, a pump without pipes, a sweeper, a clock and a disk, all driven by
// the test. Its fields are guarded by mu, since the supervisor's loop and the
// test both come here.
type world struct {
	t     *testing.T
	s     *Supervisor
	clock *clock.Fake
	ctx   context.Context // ends when the test does

	mu      sync.Mutex
	calls   []call        // to the shim, in order
	resumed int           // SIGCONTs, which are not among them
	called  chan struct{} // a call has come
	slots   map[string]*fakeSlot
	nextPID int
	manual  bool              // spawns are answered by the test
	refusal *wire.ShimMessage // the answer to every spawn
	noPipes bool              // the shim has no descriptor left
	broken  error             // the shim is gone
	sweeps  []*fakeSweep      // not finished yet
	leaving bool              // sweeps are finished by the test
	tree    []proc.Entry      // what a look finds
	looks   chan struct{}     // looks wait until it is closed; nil: none
	socket  *probe.Notify     // where every program says how it is; nil: there is none
	lost    uint64
	saved   *pidfile.State
	saveErr error
	hold    chan struct{} // writes wait until it is closed; nil: none
	settle  func(ctx context.Context, pid int) error
	log     strings.Builder
	drained []string
}

// call is one operation that the shim was asked for.
type call struct {
	op, slot string
	sig      syscall.Signal
	pid      int
	plan     *wire.Plan
}

type fakeSlot struct {
	pid     int
	waiting func(*wire.ShimMessage) // of the spawn that is not answered
	asked   *wire.Plan              // with it
	plan    *wire.Plan              // of the last process
	note    json.RawMessage
	order   *wire.Order
	undone  *wire.Order // withdrawn from the process that lives
	began   time.Time
}

type fakeSweep struct {
	r       Remains
	done    func(Swept)
	hurried bool
}

// newWorld returns a supervisor that has adopted nothing yet.
func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &world{
		t: t, ctx: ctx, clock: clock.NewFake(dawn), called: make(chan struct{}, 1),
		slots: map[string]*fakeSlot{}, nextPID: 100,
	}
	w.s = New(Config{
		Root: t.TempDir(), Version: "test", Boot: thisBoot, ShimPID: 1,
		Shim: w, Pump: w, Clock: w.clock, Sweeper: w, Log: w,
		Jitter: func() float64 { return 0 },
		Save:   w.save,
		Settle: w.settled,
	})
	t.Cleanup(cancel)
	return w
}

// fresh returns one that has adopted an empty state; its loop is the test's.
func fresh(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.s.Adopt(&pidfile.State{}, nil, nil)
	return w
}

// runningWorld returns one whose loop runs until the test ends.
func runningWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.s.active = 1 // the test itself: with nothing to do the loop would end
	w.s.Adopt(&pidfile.State{}, nil, nil)
	w.run()
	return w
}

// run starts the loop; the test's end waits for it.
func (w *world) run() <-chan error {
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		ended <- w.s.Run(ctx)
	}()
	w.t.Cleanup(func() { cancel(); <-finished })
	return ended
}

// turn does by hand what the loop does.
func (w *world) turn() {
	w.s.inbox.run()
	w.s.turn()
}

// written returns when everything so far is on disk; the loop runs.
func (w *world) written() {
	w.t.Helper()
	w.calm()
	done := make(chan error, 1)
	w.do(func() { w.s.writer.write(func(err error) { done <- err }) })
	w.receive(done, "a write of the state")
	w.calm()
}

// do has f executed by the loop when everything before is done, and returns
// when what came of f is done too.
func (w *world) do(f func()) {
	w.t.Helper()
	w.calm()
	if !w.s.ask(f) {
		w.t.Fatal("the loop has ended")
	}
	w.calm()
}

// calm returns when the loop has nothing to do.
func (w *world) calm() {
	w.t.Helper()
	for empty := false; !empty; {
		if !w.s.ask(func() {
			w.s.inbox.mu.Lock()
			defer w.s.inbox.mu.Unlock()
			empty = len(w.s.inbox.queue) == 0 && !w.s.dirty // a round ends with what follows of it
		}) {
			w.t.Fatal("the loop has ended")
		}
	}
}

func (w *world) receive(c <-chan error, what string) error {
	w.t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(bound):
		w.t.Fatalf("no %s within %v", what, bound)
		return nil
	}
}

// advance moves the clock; what is due has been done when it returns.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	w.calm()
	w.clock.Advance(d)
	w.calm()
}

// nextTry moves the clock to the end of a backoff, and not beyond: the next
// process begins then.
func (w *world) nextTry() {
	w.t.Helper()
	w.calm()
	d, ok := w.clock.Next()
	if !ok {
		w.t.Fatal("there is no try to come")
	}
	w.advance(d)
}

// Write takes the supervisor's log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func (w *world) save(st *pidfile.State) error {
	w.mu.Lock()
	hold := w.hold
	w.mu.Unlock()
	if hold != nil {
		<-hold
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.saveErr != nil {
		return w.saveErr
	}
	w.saved = st
	return nil
}

// disk is the state as it was written last, through its encoding as on disk.
func (w *world) disk() *pidfile.State {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	data, err := json.Marshal(w.saved)
	if err != nil {
		w.t.Fatal(err)
	}
	st := new(pidfile.State)
	if err := json.Unmarshal(data, st); err != nil {
		w.t.Fatal(err)
	}
	return st
}

func (w *world) settled(ctx context.Context, pid int, _ uint64) error {
	w.mu.Lock()
	f := w.settle
	w.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, pid)
}

// note records a call to the shim; false: the shim is gone.
func (w *world) note(c call) error {
	if w.broken != nil {
		return w.broken
	}
	w.calls = append(w.calls, c)
	select {
	case w.called <- struct{}{}:
	default:
	}
	return nil
}

// did returns the calls since it was asked last.
func (w *world) did() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

// awaitCall returns when the shim has been asked for op.
func (w *world) awaitCall(op string) call {
	w.t.Helper()
	deadline := time.After(bound)
	for {
		w.mu.Lock()
		for i, c := range w.calls {
			if c.op == op {
				w.calls = w.calls[i+1:]
				w.mu.Unlock()
				return c
			}
		}
		w.mu.Unlock()
		select {
		case <-w.called:
		case <-deadline:
			w.t.Fatalf("the shim was not asked to %s", op)
		}
	}
}

func (w *world) slot(key string) *fakeSlot {
	sl, ok := w.slots[key]
	if !ok {
		sl = new(fakeSlot)
		w.slots[key] = sl
	}
	return sl
}

func (w *world) Open(slot string, streams []string, reply func(*wire.ShimMessage)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(call{op: wire.OpOpen, slot: slot}); err != nil {
		return err
	}
	if w.noPipes {
		reply(&wire.ShimMessage{Op: wire.OpDone, Error: "make the pipes of " + slot + ": too many open files", Errno: int(syscall.EMFILE)})
		return nil
	}
	w.slot(slot)
	reply(&wire.ShimMessage{Op: wire.OpSlot, Slot: slot, Streams: streams})
	return nil
}

func (w *world) Adopt(slot string, streams []string, pid int, start uint64, reply func(*wire.ShimMessage)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(call{op: wire.OpAdopt, slot: slot, pid: pid}); err != nil {
		return err
	}
	w.slot(slot).pid = pid
	reply(&wire.ShimMessage{Op: wire.OpSlot, Slot: slot, Streams: streams, PID: pid, Start: start})
	return nil
}

// Main lets a process take the place of the one that a slot has, or had last.
func (w *world) Main(slot string, pid int, start uint64, of wire.Origin, reply func(*wire.ShimMessage)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(call{op: wire.OpMain, slot: slot, pid: pid}); err != nil {
		return err
	}
	sl := w.slot(slot)
	switch {
	case sl.pid != 0 && sl.pid != of.PID || sl.waiting != nil:
		w.t.Errorf("slot %s: process %d was to hand over, and %d lives there", slot, of.PID, sl.pid)
	case start != uint64(pid)*10:
		w.t.Errorf("slot %s: process %d was to be the main one, started at %d", slot, pid, start)
	case w.refusal != nil:
		reply(w.refusal)
		return nil
	}
	sl.pid, sl.order, sl.undone = pid, nil, nil
	reply(&wire.ShimMessage{Op: wire.OpSlot, Slot: slot, PID: pid, Start: start, Origin: &of})
	return nil
}

// Spawn checks what no real shim would see in this form: the supervisor must
// never ask for a second process of a slot.
func (w *world) Spawn(slot string, p *wire.Plan, note json.RawMessage, reply func(*wire.ShimMessage)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(call{op: wire.OpSpawn, slot: slot, plan: p}); err != nil {
		return err
	}
	sl := w.slot(slot)
	switch {
	case sl.pid != 0:
		w.t.Errorf("slot %s: a spawn was asked for while process %d lives", slot, sl.pid)
	case sl.waiting != nil:
		w.t.Errorf("slot %s: a spawn was asked for while another is outstanding", slot)
	}
	if p == nil && sl.plan == nil {
		w.t.Errorf("slot %s: a spawn without a plan, and there was none before", slot)
	}
	sl.asked, sl.note, sl.waiting = p, note, reply
	if !w.manual {
		w.answer(slot, w.refusal)
	}
	return nil
}

// answer lets the outstanding spawn of a slot succeed, or fail with refusal.
// The lock is held.
func (w *world) answer(slot string, refusal *wire.ShimMessage) (pid int) {
	sl := w.slot(slot)
	reply := sl.waiting
	if reply == nil {
		w.t.Fatalf("slot %s has no spawn to be answered", slot)
	}
	sl.waiting = nil
	if refusal != nil {
		reply(refusal)
		return 0
	}
	if sl.asked != nil {
		sl.plan = sl.asked
	}
	w.moveIn(sl)
	reply(&wire.ShimMessage{Op: wire.OpSpawned, Slot: slot, PID: sl.pid, Start: uint64(sl.pid) * 10, At: sl.began})
	return sl.pid
}

// moveIn gives a slot a process. The lock is held.
func (w *world) moveIn(sl *fakeSlot) {
	w.nextPID++
	sl.pid, sl.began, sl.order, sl.undone = w.nextPID, w.clock.Now(), nil, nil
}

func (w *world) Stand(slot string, pid int, o *wire.Order) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	sl := w.slot(slot)
	if o != nil && pid != sl.pid {
		w.t.Errorf("slot %s: an order for process %d, and %d lives there", slot, pid, sl.pid)
	}
	if o == nil && sl.order != nil {
		sl.undone = sl.order
	}
	sl.order = o
	return w.broken
}

// follow carries out a slot's standing order as the shim does. The lock is held.
func (w *world) follow(slot string, sl *fakeSlot, status syscall.WaitStatus, alone bool) *wire.Successor {
	o := sl.order
	sl.order = nil
	failed := status.ExitStatus() != 0 && (o == nil || !slices.Contains(o.SuccessCodes, status.ExitStatus()))
	if o == nil || !alone || w.refusal != nil || !o.Always && !failed || w.clock.Now().Sub(sl.began) < milliseconds(o.MinUptimeMS) {
		return nil
	}
	w.calls = append(w.calls, call{op: wire.OpSpawn, slot: slot})
	w.moveIn(sl)
	sl.note = o.Note
	return &wire.Successor{PID: sl.pid, Start: uint64(sl.pid) * 10, At: sl.began}
}

// spawned answers the outstanding spawn of a slot by hand.
func (w *world) spawned(slot string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answer(slot, nil)
}

// spawnFails answers it with an error of execve.
func (w *world) spawnFails(slot string, errno syscall.Errno) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer(slot, &wire.ShimMessage{Op: wire.OpSpawned, Slot: slot, Error: errno.Error(), Errno: int(errno)})
}

func (w *world) Signal(slot string, sig syscall.Signal, _ bool, reply func(*wire.ShimMessage)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	sl := w.slot(slot)
	if sig == syscall.SIGCONT { // it follows each stop signal
		w.resumed++
		reply(&wire.ShimMessage{Op: wire.OpDone})
		return nil
	}
	if err := w.note(call{op: wire.OpSignal, slot: slot, sig: sig, pid: sl.pid}); err != nil {
		return err
	}
	m := &wire.ShimMessage{Op: wire.OpDone}
	if sl.pid == 0 {
		m.Error, m.Errno = syscall.ESRCH.Error(), int(syscall.ESRCH)
	}
	reply(m)
	return nil
}

func (w *world) Forget(slot string, pid int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.note(call{op: wire.OpForget, slot: slot, pid: pid})
}

func (w *world) CloseSlot(slot string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if sl, ok := w.slots[slot]; ok && (sl.pid != 0 || sl.waiting != nil) {
		w.t.Errorf("slot %s is closed while it has a process", slot)
	}
	delete(w.slots, slot)
	return w.note(call{op: wire.OpClose, slot: slot})
}

func (w *world) Pipe(string, string) (*os.File, error) { return os.Open(os.DevNull) }

func (w *world) Put(name string, f *os.File, _ func(*wire.ShimMessage)) error {
	f.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.note(call{op: wire.OpPut, slot: name})
}

func (w *world) Held(name string) (*os.File, error) {
	if w.socket != nil && strings.HasSuffix(name, "/notify") {
		return w.socket.File()
	}
	return os.Open(os.DevNull)
}

// listens has what programs say come over a real socket; it returns its name.
func (w *world) listens() string {
	w.t.Helper()
	dir, err := os.MkdirTemp("", "w") // the name of a socket has to be short
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { os.RemoveAll(dir) })
	if w.socket, err = probe.ListenNotify(filepath.Join(dir, "s")); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.socket.Close() })
	return w.socket.Addr()
}

// says sends a datagram to where the programs speak.
func (w *world) says(text string) {
	w.t.Helper()
	conn, err := net.Dial("unixgram", w.socket.Addr())
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(text)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) Drop(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.note(call{op: wire.OpDrop, slot: name})
}

func (w *world) Update(exe, _ string, reply func(*wire.ShimMessage)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(call{op: wire.OpUpdate, slot: exe}); err != nil {
		return err
	}
	m := &wire.ShimMessage{Op: wire.OpDone}
	if w.refusal != nil {
		m.Error = w.refusal.Error
	}
	reply(m)
	return nil
}

func (w *world) Quit(func(*wire.ShimMessage)) error {
	return errors.New("not asked for by the supervisor")
}

// Attach takes a pipe, of which there is nothing to read.
func (w *world) Attach(_ string, pipe *os.File, sink logs.Sink) error {
	pipe.Close()
	if sink.Also != nil {
		sink.Also.Close()
	}
	return nil
}

func (w *world) Drain(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drained = append(w.drained, key)
}

func (w *world) Detach(string)                  {}
func (w *world) Resink(string, logs.Sink) error { return nil }

func (w *world) Lost(string) (uint64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost, nil
}

// Look finds what the test has put there.
func (w *world) Look(_ Remains, found func([]proc.Entry)) {
	w.mu.Lock()
	tree, hold := w.tree, w.looks
	w.mu.Unlock()
	if hold == nil {
		found(tree)
		return
	}
	go func() {
		<-hold
		found(tree)
	}()
}

func (w *world) Sweep(r Remains, done func(Swept)) *Sweep {
	w.mu.Lock()
	defer w.mu.Unlock()
	sw := &fakeSweep{r: r, done: done}
	w.sweeps = append(w.sweeps, sw)
	if !w.leaving {
		w.sweeps = nil
		done(Swept{})
	}
	return &Sweep{now: func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		sw.hurried = true
	}}
}

// swept finishes the oldest sweep.
func (w *world) swept(result Swept) {
	w.mu.Lock()
	if len(w.sweeps) == 0 {
		w.mu.Unlock()
		w.t.Fatal("there is no sweep to be finished")
	}
	sw := w.sweeps[0]
	w.sweeps = w.sweeps[1:]
	w.mu.Unlock()
	sw.done(result)
}

// exits lets the process of a slot end with this wait status.
func (w *world) exits(slot string, status syscall.WaitStatus, alone bool) int {
	w.mu.Lock()
	sl := w.slot(slot)
	pid := sl.pid
	sl.pid = 0
	at := w.clock.Now()
	next := w.follow(slot, sl, status, alone)
	w.mu.Unlock()
	if pid == 0 {
		w.t.Fatalf("slot %s has no process to end", slot)
	}
	w.s.Exit(slot, wire.ShimExit{PID: pid, Start: uint64(pid) * 10, Status: uint32(status), Known: true, At: at, Alone: alone, Next: next})
	return pid
}

// code and signal are wait statuses, as wait(2) encodes them.
func code(n int) syscall.WaitStatus                  { return syscall.WaitStatus(n << 8) }
func signaled(sig syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(sig) }

// spec is an app as the command line would ask for it.
func spec(name string) wire.Spec {
	return wire.Spec{
		Name: name, Namespace: "default", Typed: name, Script: "/bin/" + name, Cwd: "/", Umask: -1, Instances: 1,
		Policy: defaultPolicy(), Stop: wire.Stop{Signal: "SIGTERM", TimeoutMS: 10_000},
	}
}

// client is a call of a client that is under way.
type client struct {
	w      *world
	name   string
	mu     sync.Mutex
	events []wire.Event
	done   chan error
}

func (w *world) client(name string, f func(emit func(wire.Event))) *client {
	c := &client{w: w, name: name, done: make(chan error, 1)}
	go func() {
		f(func(e wire.Event) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.events = append(c.events, e)
		})
		c.done <- nil
	}()
	return c
}

// start starts apps; they need no wait for readiness.
func (w *world) start(specs ...wire.Spec) *client {
	return w.startWith(wire.StartRequest{Specs: specs})
}

func (w *world) startWith(r wire.StartRequest) *client {
	return w.client("start", func(emit func(wire.Event)) { w.s.Start(w.ctx, r, nil, emit) })
}

func (w *world) act(action string, r wire.TargetRequest) *client {
	return w.client(action, func(emit func(wire.Event)) { w.s.Act(w.ctx, action, r, emit) })
}

func (w *world) target(action string, targets ...string) *client {
	return w.act(action, wire.TargetRequest{Targets: targets})
}

// result waits for the end and returns what was told of each app.
func (c *client) result() []wire.Event {
	c.w.t.Helper()
	c.w.receive(c.done, "end of "+c.name)
	return c.ofType(wire.EventResult)
}

func (c *client) ofType(kind string) (events []wire.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.Type == kind {
			events = append(events, e)
		}
	}
	return events
}

// ok waits for the end, which must be one result without an error.
func (c *client) ok() wire.Event {
	c.w.t.Helper()
	events := c.result()
	if len(events) != 1 || events[0].Err != nil {
		c.w.t.Fatalf("%s: got %s, want one success", c.name, tell(events))
	}
	return events[0]
}

// fails waits for the end, which must be one result with that code.
func (c *client) fails(code string) *wire.Error {
	c.w.t.Helper()
	events := c.result()
	if len(events) != 1 || events[0].Err == nil || events[0].Err.Code != code {
		c.w.t.Fatalf("%s: got %s, want one error %q", c.name, tell(events), code)
	}
	return events[0].Err
}

func tell(events []wire.Event) string {
	data, _ := json.Marshal(events)
	return string(data)
}

// unfinished fails if the command has ended.
func (c *client) unfinished(why string) {
	c.w.t.Helper()
	select {
	case <-c.done:
		c.w.t.Fatalf("%s ended %s: %s", c.name, why, tell(c.ofType(wire.EventResult)))
	default:
	}
}

// look is an instance as the loop sees it.
func (w *world) look(name string) (in wire.Instance) {
	w.t.Helper()
	return w.lookAt(name, 0)
}

func (w *world) lookAt(name string, index int) (in wire.Instance) {
	w.t.Helper()
	found := false
	w.do(func() {
		if a := w.s.byName(name); a != nil {
			for _, i := range a.chosen(index) {
				in, found = i.snapshot(), true
			}
		}
	})
	if !found {
		w.t.Fatalf("there is no instance %s:%d", name, index)
	}
	return in
}

// slotOf is the shim's name of an instance.
func (w *world) slotOf(name string, index int) (slot string) {
	w.t.Helper()
	w.do(func() { slot = w.s.byName(name).chosen(index)[0].slot })
	return slot
}

// is fails unless the instance is in that state.
func (w *world) is(name, state string) {
	w.t.Helper()
	if got := w.look(name); got.Status != state {
		w.t.Fatalf("%s is %s, want %s (%+v)", name, got.Status, state, got)
	}
}

// signals are the signals that the shim was asked for since the last look.
func (w *world) signals() (sigs []syscall.Signal) {
	for _, c := range w.did() {
		if c.op == wire.OpSignal {
			sigs = append(sigs, c.sig)
		}
	}
	return sigs
}

func (w *world) wantSignals(want ...syscall.Signal) {
	w.t.Helper()
	w.calm()
	if got := w.signals(); !slices.Equal(got, want) {
		w.t.Fatalf("signals: got %v, want %v", got, want)
	}
}

// spawns counts the processes that were asked for since the last look.
func (w *world) spawns() (n int) {
	w.calm()
	for _, c := range w.did() {
		if c.op == wire.OpSpawn {
			n++
		}
	}
	return n
}

// up starts an app and returns its slot; it is online.
func (w *world) up(sp wire.Spec) string {
	w.t.Helper()
	w.start(sp).ok()
	w.did()
	return w.slotOf(sp.Name, 0)
}

func number(n int64) *int64 { return &n }

func (c call) String() string { return fmt.Sprintf("%s %s", c.op, c.slot) }

// commands is how many are under way; the loop calls it.
func (w *world) commands() int { return w.s.active - 1 }

// until returns when cond, which the loop evaluates, holds: after a change of
// some instance, or after a command or a call to the shim has come.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.After(bound)
	for {
		holds := false
		w.do(func() { holds = cond() })
		if holds {
			return
		}
		select {
		case <-deadline:
			w.t.Fatalf("%s did not come", what)
		default:
			runtime.Gosched() // who is to bring it about has its turn
		}
	}
}
