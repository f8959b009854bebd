//go:build unix

package proc

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, e Entry) *Handle {
	t.Helper()
	h, err := Open(e.PID, e.Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestSignalAndWait(t *testing.T) {
	h := open(t, start(t, "sleep").main)
	if h.Exited() {
		t.Error("it has ended")
	}
	if err := h.Signal(0); err != nil {
		t.Error(err)
	}
	if err := h.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := h.Wait(patience(t)); err != nil {
		t.Fatal(err)
	}
	if !h.Exited() {
		t.Error("it has not ended")
	}
	if err := h.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal after the end: %v, want os.ErrProcessDone", err)
	}
}

// A recycled PID is a PID with another start time.
func TestRecycledPIDIsLeftAlone(t *testing.T) {
	f := start(t, "sleep")
	stranger := f.main
	stranger.Start--
	if h, err := Open(stranger.PID, stranger.Start); !errors.Is(err, os.ErrProcessDone) {
		h.Close()
		t.Errorf("Open: %v, want os.ErrProcessDone", err)
	}
	if err := SignalAll([]Entry{stranger}, syscall.SIGKILL); err != nil {
		t.Errorf("SignalAll: %v", err)
	}
	if err := WaitGone(patience(t), []Entry{stranger}); err != nil {
		t.Errorf("WaitGone: %v", err)
	}
	if e := entryFor(t, f.main.PID); e.Start != f.main.Start || e.Ended() {
		t.Errorf("%+v was hit", f.main)
	}
}

func TestOpenNobody(t *testing.T) {
	for _, pid := range []int{-1, 0, 1 << 30} {
		if _, err := Open(pid, 1); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("Open(%d): %v, want os.ErrProcessDone", pid, err)
		}
	}
}

func TestWaitKeepsToItsContext(t *testing.T) {
	f := start(t, "sleep")
	h := open(t, f.main)
	ctx, cancel := context.WithCancel(patience(t))
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- h.Wait(ctx) }()
	go func() { second <- h.Wait(patience(t)) }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("first wait: %v, want context.Canceled", err)
	}
	if err := WaitGone(ctx, []Entry{f.main}); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitGone: %v, want context.Canceled", err)
	}
	if err := h.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("second wait: %v", err)
	}
}

func TestCloseEndsWaits(t *testing.T) {
	h := open(t, start(t, "sleep").main)
	waits := make(chan error, 3)
	for range cap(waits) {
		go func() { waits <- h.Wait(patience(t)) }()
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for range cap(waits) {
		if err := <-waits; !errors.Is(err, os.ErrClosed) {
			t.Errorf("wait: %v, want os.ErrClosed", err)
		}
	}
	if err := h.Signal(syscall.SIGKILL); !errors.Is(err, os.ErrClosed) {
		t.Errorf("signal: %v, want os.ErrClosed", err)
	}
	if h.Exited() {
		t.Error("a closed handle says that its process has ended")
	}
}

func TestSignalGroup(t *testing.T) {
	f := start(t, "plain/sleep+group/code7")
	h := open(t, f.main)
	if err := h.SignalGroup(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := WaitGone(patience(t), []Entry{f.main, f.roles["sleep"]}); err != nil {
		t.Error(err)
	}
	other := open(t, f.roles["code7"]) // leads a group of its own
	if other.Exited() {
		t.Error("another group was hit")
	}
	if err := other.SignalGroup(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := other.Wait(patience(t)); err != nil {
		t.Error(err)
	}
}

func TestSignalAllSaysWhomItMissed(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("SKIPPED: root may signal everybody")
	}
	init, err := Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	e, ok := init.Get(1)
	if !ok || e.UID == uint32(os.Geteuid()) {
		t.Skip("SKIPPED: process 1 is not another user's")
	}
	f := start(t, "sleep")
	if err := SignalAll([]Entry{e, f.main}, syscall.SIGTERM); !errors.Is(err, unix.EPERM) {
		t.Errorf("%v, want EPERM", err)
	}
	if err := WaitGone(patience(t), []Entry{f.main}); err != nil {
		t.Errorf("the second was not signalled: %v", err)
	}
}
