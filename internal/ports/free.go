package ports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
	"forever/internal/wire"
)

// DefaultTimeout is how long a process has between the polite signal and SIGKILL.
const DefaultTimeout = 2 * time.Second

// Options say how ports are freed.
type Options struct {
	Signal  syscall.Signal // the polite signal; 0: SIGTERM
	Timeout time.Duration  // from it to SIGKILL
	// Force: SIGKILL at once, and our own ancestors are not spared.
	Force bool
	// DryRun: only say what would be done.
	DryRun bool
	// Tree: the descendants of the holders are ended too.
	Tree bool
	// HasApp tells whether a supervisor looks after an app. If not (the marks in
	// the process's environment are left from another time), the process is
	// killed like any other. nil: one does.
	HasApp func(ctx context.Context, app who.App) bool
	// StopApp stops an app of forever, all its instances, and returns when it is
	// stopped; ErrNoApp means that it is gone by now. The app in which we run
	// ourselves is never stopped. nil: processes of apps are killed like any other.
	StopApp func(ctx context.Context, app who.App) error
	// Keeper tells whether a process is one of forever's background processes,
	// which hold the sockets of apps; they are never killed. nil: none is.
	Keeper func(p who.Process) bool
}

// ErrNoApp is StopApp's answer when no supervisor looks after the app.
var ErrNoApp = errors.New("no supervisor looks after the app")

// What became of a port.
const (
	Freed     = "freed"      // nobody listens any more
	WasFree   = "free"       // nobody did
	WouldFree = "would free" // DryRun
	Taken     = "taken"      // somebody still does
)

// Result is what became of one port.
type Result struct {
	Port    Port
	State   string
	Ended   []Ended   // processes, in the order of their PIDs
	Stopped []who.App // apps that were stopped instead, once each
	// Err says why the port is not freed, or that it was free before.
	Err *wire.Error
}

// Ended is a process that was ended, or would be.
type Ended struct {
	who.Process
	Signal string // the one that did it; with DryRun the first one
}

// Free ends whatever listens on the ports, in one go, and looks again whether
// they are free. There is a result for each port, in their order. The error is
// for a system that tells nothing of sockets or processes; then nothing was
// done, or, when ctx ended, not all of it.
func Free(ctx context.Context, list []Port, o Options) ([]Result, error) {
	f := &freeing{Options: o, began: time.Now(), results: make([]Result, len(list))}
	for i, p := range list {
		f.results[i].Port = p
	}
	if f.Signal == 0 {
		f.Signal = syscall.SIGTERM
	}
	if f.Force {
		f.Signal = syscall.SIGKILL
	}
	return f.results, f.run(ctx)
}

// freeing is a call of Free under way.
type freeing struct {
	Options
	began   time.Time
	results []Result
	apps    []knownApp
	table   *proc.Table // the last look
	who.Reader
}

// knownApp is an app and whether its processes are stopped with it, or one by one.
type knownApp struct {
	who.App
	whole bool
}

// maxRounds bounds how often the ports are looked at: a holder may have handed
// its socket on while it was being ended.
const maxRounds = 5

func (f *freeing) run(ctx context.Context) error {
	for range maxRounds {
		found, err := f.look()
		if err != nil {
			return err
		}
		p := f.plan(ctx, found)
		if p.empty() && f.decided() {
			break
		}
		if f.DryRun {
			p.announce(f.Signal)
			break
		}
		if err := f.carryOut(ctx, p); err != nil {
			return err
		}
	}
	for i := range f.results {
		if r := &f.results[i]; r.State == "" {
			r.fail(wire.CodeNotStopped, fmt.Sprintf("port %v is handed on from process to process", r.Port), "forever ports "+r.Port.String())
		}
	}
	return nil
}

// decided tells whether every port is done with. One is not while a holder that
// was seen has ended since: then another look tells.
func (f *freeing) decided() bool {
	return !slices.ContainsFunc(f.results, func(r Result) bool { return r.State == "" })
}

// look asks for the sockets on the ports that are not done with, and for all
// processes if there are any.
func (f *freeing) look() ([]sockets.Socket, error) {
	var open []Port
	for i := range f.results {
		if f.results[i].State == "" {
			open = append(open, f.results[i].Port)
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	found, err := sockets.Find(query(open))
	if err != nil || len(found.Sockets) == 0 {
		return nil, err
	}
	if f.table, err = proc.Snapshot(); err != nil {
		return nil, fmt.Errorf("see who listens: %w", err)
	}
	return found.Sockets, nil
}

// begun tells whether something was done for the port already.
func (r *Result) begun() bool { return len(r.Ended) > 0 || len(r.Stopped) > 0 }

// fail decides a result: the port is taken, and why.
func (r *Result) fail(code, message, hint string) {
	r.State = Taken
	r.Err = &wire.Error{Code: code, Message: message, Hint: hint}
}
