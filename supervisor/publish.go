package supervisor

import (
	"context"
	"sync"

	"forever/internal/wire"
)

// subscription is one listener's queue. It has no bound: a listener that is
// slow must not hold up the loop, and one that is gone is removed.
type subscription struct {
	mu    sync.Mutex
	queue []wire.Event
	wake  chan struct{}
}

func (s *Supervisor) subscribe() *subscription {
	sub := &subscription{wake: make(chan struct{}, 1)}
	s.subsMu.Lock()
	s.subs[sub] = struct{}{}
	s.subsMu.Unlock()
	return sub
}

func (s *Supervisor) unsubscribe(sub *subscription) {
	s.subsMu.Lock()
	delete(s.subs, sub)
	s.subsMu.Unlock()
}

func (sub *subscription) add(e wire.Event) {
	sub.mu.Lock()
	sub.queue = append(sub.queue, e)
	sub.mu.Unlock()
	sub.poke()
}

func (sub *subscription) poke() {
	select {
	case sub.wake <- struct{}{}:
	default:
	}
}

// take returns what has come, without waiting.
func (sub *subscription) take() []wire.Event {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	events := sub.queue
	sub.queue = nil
	return events
}

// publish tells of an instance's state, and of err where something is wrong.
// A place has one instance for everybody: of one on trial, and of a former one,
// nothing is told but to who waits for its end.
func (in *instance) publish(err *wire.Error) {
	s := in.app.s
	if in.trial != nil || in.former {
		if err != nil {
			in.tellAwaited(err)
		}
		return
	}
	s.subsMu.Lock()
	defer s.subsMu.Unlock()
	if len(s.subs) == 0 {
		return
	}
	e := in.event(err)
	for sub := range s.subs {
		sub.add(e)
	}
}

func (in *instance) event(err *wire.Error) wire.Event {
	s := in.app.s
	e := wire.Event{
		Type: wire.EventState, At: s.clock.Now(), App: in.app.spec.Name, ID: in.app.id,
		Instance: in.index, PID: in.proc.PID, State: in.state.String(), Err: err,
	}
	if len(in.exits) > 0 && in.state != Online && in.state != Starting {
		x := in.exits[0] // a copy: why it ended may be found out later
		e.Exit = &x
	}
	if in.state == Backoff {
		e.NextMS = in.nextTry.Sub(e.At).Milliseconds()
	}
	switch {
	case in.state == Failed:
		e.Message = in.note
	case in.state == Starting && in.after == afterStart:
		e.Message = in.cause // empty: a user's command
	case in.state == Online && in.logNote != "":
		e.Message = in.logNote
	case in.state == Online:
		e.Message = in.note
	}
	return e
}

// deleted tells that an app is forgotten.
func (s *Supervisor) publishDeleted(a *app) {
	s.subsMu.Lock()
	defer s.subsMu.Unlock()
	for sub := range s.subs {
		sub.add(wire.Event{Type: wire.EventState, At: s.clock.Now(), App: a.spec.Name, ID: a.id, Instance: -1, State: wire.Deleted})
	}
}

// publishWarning tells what a person should know of an app, beside its states.
func (s *Supervisor) publishWarning(a *app, message string) {
	s.subsMu.Lock()
	defer s.subsMu.Unlock()
	for sub := range s.subs {
		sub.add(wire.Event{Type: wire.EventWarning, At: s.clock.Now(), App: a.spec.Name, ID: a.id, Instance: -1, Message: message})
	}
}

// Watch emits every change of state, and every warning of an app, until ctx ends. Its first event says from
// when on none is missed.
func (s *Supervisor) Watch(ctx context.Context, emit func(wire.Event)) {
	sub := s.subscribe()
	defer s.unsubscribe(sub)
	emit(wire.Event{Type: wire.EventWatching, At: s.clock.Now(), ID: -1, Instance: -1})
	for {
		select {
		case <-sub.wake:
			for _, e := range sub.take() {
				emit(e)
			}
		case <-ctx.Done():
			return
		case <-s.done:
			return
		}
	}
}
