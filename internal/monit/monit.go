package monit

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"time"

	"github.com/mattn/go-runewidth"

	"forever/internal/client"
	"forever/internal/logs"
	"forever/internal/render"
	"forever/internal/wire"
)

// Service is what the screen asks of a supervisor; see client.Client. Its
// methods are called from several goroutines.
type Service interface {
	Apps(ctx context.Context, q client.Query) ([]wire.App, bool, error)
	Act(ctx context.Context, action string, r wire.TargetRequest, on func(wire.Event)) error
	Watch(ctx context.Context, on func(wire.Event)) error
}

// Options are what the screen is made of. All but Sample and Unpack are needed.
type Options struct {
	Root     string        // shown to tell one forever from another
	Interval time.Duration // between two samples of cpu and memory
	In       *os.File      // the keyboard: a terminal
	Window   *os.File      // the window: a terminal
	Out      *render.Screen
	Service  Service
	// Sample fills in cpu, memory and ports. One goroutine calls it.
	Sample func([]wire.App) error
	// Logs are the logs of the app with that id. Several goroutines call it.
	Logs func(ctx context.Context, id int) ([]logs.Source, error)
	// Unpack takes a line of --log-type json apart, and finds its time.
	Unpack func(logs.Line) (logs.Line, string)
}

// SignalError says that a signal ended the screen.
type SignalError struct{ Signal os.Signal }

func (e *SignalError) Error() string { return "ended by a signal: " + e.Signal.String() }

// event is what a signal means.
type event int

const (
	eventEnd event = iota
	eventResize
	eventResume
)

// ui is the screen while it is open. Its model belongs to the goroutine of Run.
type ui struct {
	Options
	m      *model
	t      *terminal
	b      brush
	keys   keyboard
	inbox  inbox
	reader reader
	sent   []chan struct{} // closed when a wish has reached the supervisor

	changed chan struct{} // an app has
	typed   chan []byte
	looks   chan look
	answers chan answer
	faults  chan error
	signals chan os.Signal
	escape  <-chan time.Time // the rest of a key has to come before
}

// Run shows the screen until a key or a signal (a *SignalError) ends it. The
// terminal is put right again whatever happens, also while it is suspended.
func Run(ctx context.Context, o Options) (err error) {
	u := &ui{
		Options: o, m: newModel(o.Root, o.Interval), b: brush{o.Out},
		t:       &terminal{in: o.In, out: o.Window},
		inbox:   inbox{ready: make(chan struct{}, 1)},
		changed: make(chan struct{}, 1), typed: make(chan []byte), looks: make(chan look), answers: make(chan answer),
		faults: make(chan error, 1), signals: make(chan os.Signal, 8),
	}
	if err := prepare(o.Window); err != nil {
		return err
	}
	// Terminals draw frames with one column per character whatever the locale.
	runewidth.DefaultCondition.EastAsianWidth = false
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer u.finish()
	signal.Notify(u.signals, caughtSignals()...)
	defer signal.Stop(u.signals)
	defer func() { err = errors.Join(err, u.t.leave()) }()
	if err := u.t.enter(); err != nil {
		return err
	}
	u.spawn(func() { u.readKeys(ctx) })
	u.spawn(func() { u.watchApps(ctx) })
	return u.loop(ctx)
}
