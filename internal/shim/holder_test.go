package shim

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"forever/internal/wire"
)

// fakeSystem makes processes that are only said to run.
type fakeSystem struct {
	mu      sync.Mutex
	last    int // PID
	refuse  error
	running map[int]*fakeProcess
}

type fakeProcess struct {
	s     *fakeSystem
	pid   int
	end   chan wire.ShimExit
	heard []string // signals
	open  bool
}

func newFakeSystem() *fakeSystem { return &fakeSystem{last: 100, running: map[int]*fakeProcess{}} }

func (s *fakeSystem) Start(p *wire.Plan, files [3]*os.File) (Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return nil, s.refuse
	}
	s.last++
	fmt.Fprintf(files[1], "%s is %d\n", p.File, s.last)
	f := &fakeProcess{s: s, pid: s.last, end: make(chan wire.ShimExit, 1), open: true}
	s.running[f.pid] = f
	return f, nil
}

func (s *fakeSystem) Open(pid int, start uint64) (Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.running[pid]
	if !ok || start != uint64(pid)*10 {
		return nil, fmt.Errorf("open process %d: %w", pid, os.ErrProcessDone)
	}
	f.open = true
	return f, nil
}

func (s *fakeSystem) process(pid int) *fakeProcess {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[pid]
}

func (p *fakeProcess) ID() (int, uint64) { return p.pid, uint64(p.pid) * 10 }

func (p *fakeProcess) Wait() wire.ShimExit { return <-p.end }

func (p *fakeProcess) Signal(sig syscall.Signal, group bool) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.heard = append(p.heard, fmt.Sprint(int(sig), group))
	return nil
}

func (p *fakeProcess) Close() error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.open = false
	return nil
}

// heldExit is one exit as a Holder tells it.
type heldExit struct {
	slot string
	wire.ShimExit
}

// startHolder has a Holder listen until the test ends.
func startHolder(t *testing.T, s System) (*Holder, <-chan heldExit) {
	t.Helper()
	h := NewHolder(s)
	exits, ended := make(chan heldExit, 10), make(chan struct{})
	go func() {
		defer close(ended)
		h.Listen(func(slot string, e wire.ShimExit) { exits <- heldExit{slot, e} })
	}()
	t.Cleanup(func() {
		refusal := make(chan *wire.ShimMessage, 1)
		if err := h.Quit(func(m *wire.ShimMessage) { refusal <- m }); err != nil && !errors.Is(err, ErrEnded) {
			t.Error(err)
		}
		select {
		case <-ended:
		case m := <-refusal:
			t.Errorf("the holder does not end: %s", m.Error)
		}
		if n := len(h.reads) + len(h.slots); n != 0 {
			t.Errorf("%d things are still held after the end", n)
		}
	})
	return h, exits
}

// answerOf returns what a call of a Holder is answered with.
func answerOf(t *testing.T, call func(reply func(*wire.ShimMessage)) error) *wire.ShimMessage {
	t.Helper()
	c := make(chan *wire.ShimMessage, 1)
	if err := call(func(m *wire.ShimMessage) { c <- m }); err != nil {
		t.Fatal(err)
	}
	return <-c
}

func openSlot(t *testing.T, h *Holder, slot string, streams ...string) *wire.ShimMessage {
	t.Helper()
	return answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Open(slot, streams, r) })
}

func spawnIn(t *testing.T, h *Holder, slot string, p *wire.Plan) *wire.ShimMessage {
	t.Helper()
	return answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Spawn(slot, p, nil, r) })
}

func signalTo(t *testing.T, h *Holder, slot string, sig syscall.Signal, group bool) *wire.ShimMessage {
	t.Helper()
	return answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Signal(slot, sig, group, r) })
}

func TestHolderLifeOfASlot(t *testing.T) {
	s := newFakeSystem()
	h, exits := startHolder(t, s)
	if m := openSlot(t, h, "a:0", StreamOut, StreamErr); m.Op != wire.OpSlot || len(m.Streams) != 2 || m.PID != 0 {
		t.Fatalf("open: %+v", m)
	}
	out, err := h.Pipe("a:0", StreamOut)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()

	m := spawnIn(t, h, "a:0", &wire.Plan{File: "web", Out: StreamOut, Err: StreamErr})
	if m.Op != wire.OpSpawned || m.PID != 101 || m.Start != 1010 || m.At.IsZero() || m.Error != "" {
		t.Fatalf("spawn: %+v", m)
	}
	if m := spawnIn(t, h, "a:0", nil); !strings.Contains(m.Error, "runs already as PID 101") {
		t.Errorf("a second copy: %+v", m)
	}
	if m := signalTo(t, h, "a:0", syscall.SIGTERM, true); m.Error != "" {
		t.Errorf("signal: %+v", m)
	}
	p := s.process(101)
	p.end <- wire.ShimExit{Status: 3, Known: true, Alone: true}
	e := <-exits
	if e.slot != "a:0" || e.PID != 101 || e.Start != 1010 || e.Status != 3 || !e.Known || !e.Alone || e.At.IsZero() {
		t.Errorf("exit: %+v", e)
	}
	if got := fmt.Sprint(p.heard, p.open); got != "[15 true] false" {
		t.Errorf("heard and open: %s", got)
	}
	if m := signalTo(t, h, "a:0", syscall.SIGTERM, true); syscall.Errno(m.Errno) != syscall.ESRCH {
		t.Errorf("signal to nobody: %+v", m)
	}

	if m := spawnIn(t, h, "a:0", nil); m.PID != 102 { // by the same plan, into the same pipe
		t.Fatalf("restart: %+v", m)
	}
	s.process(102).end <- wire.ShimExit{}
	<-exits
	if err := h.CloseSlot("a:0"); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out) // to its end, since nobody can write any more
	if err != nil || string(text) != "web is 101\nweb is 102\n" {
		t.Errorf("output: %q, %v", text, err)
	}
}

func TestHolderGivesAPipeAwayOnce(t *testing.T) {
	h, _ := startHolder(t, newFakeSystem())
	openSlot(t, h, "a:0", StreamOut)
	f, err := h.Pipe("a:0", StreamOut)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, stream := range []string{StreamOut, StreamErr} {
		if f, err := h.Pipe("a:0", stream); err == nil {
			f.Close()
			t.Errorf("%s can be had", stream)
		}
	}
	if m := openSlot(t, h, "a:0", StreamOut); m.Error != "" { // it is there already
		t.Errorf("open again: %+v", m)
	}
}

func TestHolderRefuses(t *testing.T) {
	s := newFakeSystem()
	h, _ := startHolder(t, s)
	openSlot(t, h, "a:0")
	s.refuse = syscall.ENOENT
	for want, m := range map[string]*wire.ShimMessage{
		"there is no slot b:0":   spawnIn(t, h, "b:0", &wire.Plan{}),
		"a:0 has no plan yet":    spawnIn(t, h, "a:0", nil),
		`has no stream "held:x"`: spawnIn(t, h, "a:0", &wire.Plan{Out: "held:x"}),
		syscall.ENOENT.Error():   spawnIn(t, h, "a:0", &wire.Plan{}),
		"not available here":     answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Update("/exe", "id", r) }),
		"a:0 is taken":           answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Adopt("a:0", nil, 1, 1, r) }),
		"adopt process 7":        answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Adopt("c:0", nil, 7, 1, r) }),
	} {
		if !strings.Contains(m.Error, want) {
			t.Errorf("want %q: %+v", want, m)
		}
	}
	if m := spawnIn(t, h, "a:0", &wire.Plan{}); syscall.Errno(m.Errno) != syscall.ENOENT {
		t.Errorf("the system's number is lost: %+v", m)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	m := answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Put("x", null, r) })
	if m.Error == "" || null.Close() == nil {
		t.Errorf("put: %+v, or the file is left open", m)
	}
	if _, err := h.Held("x"); err == nil {
		t.Error("something is held")
	}
}

func TestHolderAdopts(t *testing.T) {
	s := newFakeSystem()
	left, _ := s.Start(&wire.Plan{}, [3]*os.File{nil, os.Stderr, nil})
	pid, start := left.ID()
	h, exits := startHolder(t, s)
	m := answerOf(t, func(r func(*wire.ShimMessage)) error { return h.Adopt("a:0", []string{StreamOut}, pid, start, r) })
	if m.Op != wire.OpSlot || m.PID != pid || m.Start != start || len(m.Streams) != 1 || !m.At.IsZero() {
		t.Fatalf("adopt: %+v", m)
	}
	if err := h.CloseSlot("a:0"); err != nil {
		t.Fatal(err)
	}
	refused := answerOf(t, h.Quit) // also the answer to whether the slot was kept
	if !strings.Contains(refused.Error, fmt.Sprintf("a:0 still runs as PID %d", pid)) {
		t.Errorf("quit: %+v", refused)
	}
	s.process(pid).end <- wire.ShimExit{Known: true}
	if e := <-exits; e.PID != pid {
		t.Errorf("exit: %+v", e)
	}
}

func TestHolderThatHasEnded(t *testing.T) {
	h, _ := startHolder(t, newFakeSystem())
	openSlot(t, h, "a:0", StreamOut, StreamErr)
	if err := h.Quit(nil); err != nil {
		t.Fatal(err)
	}
	for {
		// Calls are taken until the end that was asked for has come.
		if err := h.Open("b:0", nil, nil); errors.Is(err, ErrEnded) {
			break
		}
	}
}
