package probe

import (
	"context"
	"time"
)

// How often readiness is asked for: quickly at first, since most programs are
// ready within a few steps, and then often enough that nobody notices.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = 250 * time.Millisecond
	// tryTimeout ends a try that got no answer: a program that was asked too
	// early may have forgotten the question.
	tryTimeout = 10 * time.Second
)

// retry calls try until it returns nil or ctx ends.
func retry(ctx context.Context, try func(context.Context) error) error {
	var last error
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := attempt(ctx, try)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil { // one that was cut short tells less
			last = err
		}
		if !sleep(ctx, pause) {
			return &NotReady{Last: last, Cause: context.Cause(ctx)}
		}
	}
}

func attempt(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	return try(ctx)
}

// sleep waits for d and says whether it could, or ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
