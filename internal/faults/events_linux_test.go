package faults

import (
	"context"
	"sync"
	"time"

	"forever/internal/wire"
)

// watch collects the changes of state that a root tells of.
type watch struct {
	w      *world
	mu     sync.Mutex
	events []wire.Event
	news   chan struct{}
}

// watch begins to watch, and returns when nothing is missed any more.
func (w *world) watch() *watch {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	v := &watch{w: w, news: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.client.Watch(ctx, v.add) // ends when the supervisor has ended for good
	}()
	w.t.Cleanup(func() { cancel(); <-ended })
	v.await("the begin of the watch", func(e wire.Event) bool { return e.Type == wire.EventWatching })
	return v
}

func (v *watch) add(e wire.Event) {
	v.mu.Lock()
	v.events = append(v.events, e)
	v.mu.Unlock()
	select {
	case v.news <- struct{}{}:
	default:
	}
}

// await returns the first event, of those that no await has passed yet, for
// which match says yes.
func (v *watch) await(what string, match func(wire.Event) bool) wire.Event {
	v.w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		if e, ok := v.take(match); ok {
			return e
		}
		select {
		case <-v.news:
		case <-deadline.C:
			v.w.t.Fatalf("%s does not come", what)
		}
	}
}

func (v *watch) take(match func(wire.Event) bool) (wire.Event, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, e := range v.events {
		if match(e) {
			v.events = v.events[i+1:]
			return e, true
		}
	}
	v.events = nil
	return wire.Event{}, false
}

// state waits until an app enters a state.
func (v *watch) state(name, state string) wire.Event {
	v.w.t.Helper()
	return v.await(name+" "+state, func(e wire.Event) bool { return e.App == name && e.State == state })
}
