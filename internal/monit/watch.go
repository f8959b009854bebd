package monit

import (
	"context"
	"time"

	"forever/internal/client"
	"forever/internal/wire"
)

// Between an event and the look that it leads to, so that a burst of them leads
// to one: at least burst, and many times as long as the last look took.
const (
	burst   = 50 * time.Millisecond
	restFor = 20
)

// watchApps looks at the apps, once per interval with what they use, and when
// the supervisor tells of a change.
func (u *ui) watchApps(ctx context.Context) {
	tick := time.NewTicker(u.Interval)
	defer tick.Stop()
	watching := make(chan struct{}, 1)
	for sample := true; ; {
		began := time.Now()
		l := u.look(ctx, sample)
		rest := max(burst, restFor*time.Since(began))
		if !u.send(ctx, l) {
			return
		}
		if l.live {
			u.watchEvents(ctx, watching)
		}
		select {
		case <-tick.C:
			sample = true
		case <-u.changed:
			sample = false
			if !pause(ctx, rest) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (u *ui) look(ctx context.Context, sample bool) look {
	apps, live, err := u.Service.Apps(ctx, client.Query{})
	if err == nil && sample && u.Sample != nil {
		// What could not be measured is not shown; the rest is of use without it.
		_ = u.Sample(apps)
	}
	return look{apps: apps, live: live, sampled: sample, err: err}
}

func (u *ui) send(ctx context.Context, l look) bool {
	select {
	case u.looks <- l:
		return true
	case <-ctx.Done():
		return false
	}
}

// watchEvents has a goroutine listen to the supervisor, unless one does already.
// It ends with the supervisor; the next look that meets one begins again.
func (u *ui) watchEvents(ctx context.Context, watching chan struct{}) {
	select {
	case watching <- struct{}{}:
	default:
		return
	}
	u.spawn(func() {
		defer func() { <-watching }()
		// Why it ended is told by the next look, which meets the same.
		_ = u.Service.Watch(ctx, func(ev wire.Event) {
			if ev.Type != wire.EventWatching {
				u.lookAgain()
			}
		})
	})
}

// lookAgain has watchApps look soon.
func (u *ui) lookAgain() {
	select {
	case u.changed <- struct{}{}:
	default: // the look that is due sees this too
	}
}
