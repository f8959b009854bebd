package api

import (
	"context"
	"os"

	"forever/internal/wire"
)

// Backend is the supervisor as the control API sees it. Its methods are called
// from many goroutines at once.
//
// Those that stream return when their work is done or ctx has ended. ctx ends
// when the client goes away or Serve is told to end; work that was asked for
// goes on in the supervisor all the same. emit sends one event to the client;
// it is called by one goroutine at a time, and not after the method has
// returned. A slow client holds emit up for at most writeTimeout, then it
// is dropped, and emit does nothing.
//
// The stream's last line, "done", is written here when a method returns before
// its ctx has ended. A method that knows better emits it itself, as its last
// event: to report an Err that concerns the call as a whole, or because the
// supervisor ends with this very call. A stream that ends without it tells the
// client to ask again.
type Backend interface {
	// Ping answers who serves.
	Ping() wire.Ping
	// Apps is every app with its Spec and environment; what was not asked for
	// is left out here. The api changes nothing in it.
	Apps() []wire.App
	// Start starts apps. streams are the client's stdout and stderr, or empty;
	// Start owns them from now on and closes them, also when it fails.
	Start(ctx context.Context, r wire.StartRequest, streams []*os.File, emit func(wire.Event))
	// Act does action, one of the Action constants, to the targets.
	Act(ctx context.Context, action string, r wire.TargetRequest, emit func(wire.Event))
	// Watch emits every change of state until ctx ends.
	Watch(ctx context.Context, emit func(wire.Event))
	// Kill stops everything and ends both background processes. timeoutMS: the
	// kill timeout instead of each app's own.
	Kill(ctx context.Context, timeoutMS *int64, emit func(wire.Event))
	// Update puts the binary exe in charge.
	Update(ctx context.Context, exe string, emit func(wire.Event))
}

// The actions of Backend.Act.
const (
	ActionStop    = "stop"
	ActionRestart = "restart"
	ActionDelete  = "delete"
	ActionStart   = "start" // what is stopped; POST /v1/start-stopped
	ActionSignal  = "signal"
	ActionReload  = "reload"
	ActionScale   = "scale"
	ActionSend    = "send"
	ActionReset   = "reset" // forget restarts and backoff
	ActionFlush   = "flush" // empty the logs
	ActionReopen  = "reload-logs"
)
