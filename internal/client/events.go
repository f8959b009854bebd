package client

import (
	"encoding/json"
	"io"

	"forever/internal/wire"
)

// follow is a receiver that hands the events of a streamed answer to on, each
// once however often the call is sent, until the last line, whose error it
// returns.
func follow(on func(wire.Event)) func(io.Reader, func()) error {
	told := ledger{}
	return func(body io.Reader, news func()) error {
		told.rewind()
		lines := json.NewDecoder(body)
		for {
			var e wire.Event
			if err := lines.Decode(&e); err != nil {
				return cut(err)
			}
			if e.Type == wire.EventDone {
				return failure(e)
			}
			if told.fresh(e) {
				news()
				on(e)
			}
		}
	}
}

// watch is a receiver that hands every event to on and knows no end: when the
// last line comes, the supervisor ends, and another try shows whether one follows.
func watch(on func(wire.Event)) func(io.Reader, func()) error {
	return func(body io.Reader, news func()) error {
		lines := json.NewDecoder(body)
		for {
			var e wire.Event
			if err := lines.Decode(&e); err != nil {
				return cut(err)
			}
			if e.Type == wire.EventDone {
				return broken{io.EOF}
			}
			news()
			on(e)
		}
	}
}

// failure is the error of an event, and a nil error where it has none.
func failure(e wire.Event) error {
	if e.Err == nil {
		return nil
	}
	return e.Err
}

// mark is what makes two events the same news. Times and PIDs of a result are
// not in it: a supervisor that repeats its answer may find new ones.
type mark struct {
	Type, App    string
	ID, Instance int
	PID          int
	State        string
	Message      string
}

func markOf(e wire.Event) mark {
	m := mark{Type: e.Type, App: e.App, ID: e.ID, Instance: e.Instance}
	switch {
	case e.Type != wire.EventResult:
		m.PID, m.State, m.Message = e.PID, e.State, e.Message
	case e.App == "" && e.Err != nil: // a target that is no app
		m.Message = e.Err.Message
	}
	return m
}

// ledger counts the events that were handed on. An answer may hold the same
// mark more than once; the nth of a repeated answer is the nth of the first.
type ledger struct {
	told, seen map[mark]int // by all answers so far, by the current one
}

// rewind begins another answer to the same call.
func (l *ledger) rewind() { l.seen = map[mark]int{} }

// fresh counts e and tells whether it was not handed on before.
func (l *ledger) fresh(e wire.Event) bool {
	m := markOf(e)
	l.seen[m]++
	if l.seen[m] <= l.told[m] {
		return false
	}
	if l.told == nil {
		l.told = map[mark]int{}
	}
	l.told[m] = l.seen[m]
	return true
}
