package probe

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var errNotYet = errors.New("not yet")

func TestRetryPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		err := retry(t.Context(), func(context.Context) error {
			at = append(at, time.Since(began))
			if len(at) < 9 {
				return errNotYet
			}
			return nil
		})
		var want []time.Duration
		for _, ms := range []int{0, 10, 30, 70, 150, 310, 560, 810, 1060} {
			want = append(want, time.Duration(ms)*time.Millisecond)
		}
		if err != nil || !slices.Equal(at, want) {
			t.Errorf("tried at %v, %v; want %v", at, err, want)
		}
	})
}

func TestRetryGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := retry(ctx, func(context.Context) error { return errNotYet })
		var gaveUp *NotReady
		if !errors.As(err, &gaveUp) || !errors.Is(err, errNotYet) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up with %v", err)
		}
		if err.Error() != errNotYet.Error() {
			t.Errorf("it reads %q", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("gave up after %v", took)
		}
	})
}

// A try that hangs is ended and made again; one that is cut short by the end of
// the wait does not hide what the one before it found.
func TestRetryAfterSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		tries := 0
		err := retry(t.Context(), func(ctx context.Context) error {
			if tries++; tries == 1 {
				return silent(ctx)
			}
			return nil
		})
		if err != nil || tries != 2 {
			t.Errorf("%d tries, %v", tries, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		tries = 0
		err = retry(ctx, func(ctx context.Context) error {
			if tries++; tries == 1 {
				return errNotYet
			}
			return silent(ctx)
		})
		if !errors.Is(err, errNotYet) {
			t.Errorf("gave up with %v", err)
		}
	})
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := Ready{Kind: KindDelay, Delay: 3 * time.Second}
		if err := r.Wait(t.Context(), nil); err != nil || time.Since(began) != r.Delay {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.Wait(ctx, nil)
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "3s have not passed" {
			t.Errorf("gave up with %v", err)
		}
	})
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	for _, kind := range []string{KindNotify, KindMessage, ""} {
		if err := (Ready{Kind: kind}).Wait(t.Context(), nil); err == nil {
			t.Errorf("%q became ready", kind)
		}
	}
}
