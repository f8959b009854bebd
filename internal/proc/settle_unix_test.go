//go:build unix

package proc

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func settled(ctx context.Context, e Entry) error { return WaitSettled(ctx, e.PID, e.Start) }

func TestSleeperSettles(t *testing.T) {
	for _, role := range []string{"sleep", "plain/sleep", "group/plain/sleep+plain/sleep.a"} {
		if err := settled(patience(t), start(t, role).main); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestTheDeadDoNotSettle(t *testing.T) {
	f := start(t, "exit")
	if err := settled(patience(t), f.main); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a process that ends: %v, want os.ErrProcessDone", err)
	}
	stranger := start(t, "sleep").main
	stranger.Start++
	if err := settled(patience(t), stranger); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a recycled PID: %v, want os.ErrProcessDone", err)
	}
}

func TestSettlingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(patience(t))
	cancel()
	if err := settled(ctx, start(t, "sleep").main); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestEndWhileSettling(t *testing.T) {
	needThreadStates(t)
	f := start(t, "spin")
	result := make(chan error)
	go func() { result <- settled(patience(t), f.main) }()
	if err := SignalAll([]Entry{f.main}, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("%v, want os.ErrProcessDone", err)
	}
}
