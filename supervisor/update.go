package supervisor

import (
	"context"
	"errors"

	"forever/internal/wire"
)

// ErrUpdate is returned by Run when this supervisor makes room for one of
// another binary.
var ErrUpdate = errors.New("another binary takes over")

// Update puts the binary exe in charge. It does not return with success: this
// supervisor ends, the shim tries one of the new binary, and the client asks
// whichever comes up, which knows how it went.
func (s *Supervisor) Update(ctx context.Context, exe string, emit func(wire.Event)) {
	var known bool
	var failure string
	if !s.ask(func() { known, failure = s.takeUpdateResult(exe) }) {
		<-ctx.Done()
		return
	}
	switch {
	case known && failure == "":
		emit(wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Did: "updated"})
	case known:
		emit(updateError(failure))
	default:
		s.handOver(ctx, exe, emit)
	}
}

func updateError(message string) wire.Event {
	return wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Err: &wire.Error{
		Code: wire.CodeInternal, Message: "update: " + message, Hint: "the programs run on; supervisor.log in the root folder has its last words",
	}}
}

// takeUpdateResult: the first who asks after an update gets to know how it went.
func (s *Supervisor) takeUpdateResult(exe string) (known bool, failure string) {
	if s.UpdateRequest != exe {
		return false, ""
	}
	s.UpdateRequest = ""
	return true, s.UpdateError
}

func (s *Supervisor) handOver(ctx context.Context, exe string, emit func(wire.Event)) {
	refused := make(chan string, 1)
	err := s.shim.Update(exe, exe, func(m *wire.ShimMessage) {
		if m.Error != "" {
			refused <- m.Error
			return
		}
		s.post(func() { s.writer.write(func(error) { s.updating = true }) })
	})
	if err != nil {
		<-ctx.Done() // the shim is gone; the client asks again
		return
	}
	select {
	case why := <-refused:
		emit(updateError(why))
	case <-ctx.Done():
	}
}
