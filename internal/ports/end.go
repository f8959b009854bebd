package ports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
)

// killGrace is how long the kernel may take to end a process after SIGKILL; one
// that hangs in a device does not end.
const killGrace = 2 * time.Second

// carryOut does what is planned, side by side, and notes it in the results. The
// error is ctx's.
func (f *freeing) carryOut(ctx context.Context, p *plan) error {
	var all sync.WaitGroup
	for _, d := range p.apps {
		all.Go(func() { d.err = f.StopApp(ctx, d.App) })
	}
	for _, v := range p.victims {
		all.Go(func() { v.err = f.end(ctx, v) })
	}
	all.Wait()
	for _, d := range p.apps {
		f.noteApp(d)
	}
	for _, v := range p.victims {
		v.note()
	}
	return context.Cause(ctx)
}

// end ends one process, politely first, and never another one with its number.
func (f *freeing) end(ctx context.Context, v *victim) error {
	h, err := proc.Open(v.PID, v.Start)
	if err != nil {
		return unlessDone(err)
	}
	defer h.Close()
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{f.Signal, f.Timeout}, {syscall.SIGKILL, killGrace}}
	if f.Signal == syscall.SIGKILL {
		steps = steps[1:]
	}
	for _, step := range steps {
		if err := h.Signal(step.signal); err != nil {
			return unlessDone(err)
		}
		v.sent = proc.SignalName(step.signal)
		if ended, err := waitFor(ctx, h, step.wait); ended || err != nil {
			return err
		}
	}
	return fmt.Errorf("it does not end, not even by SIGKILL within %v", killGrace)
}

// waitFor waits for the end of a process; the error is ctx's.
func waitFor(ctx context.Context, h *proc.Handle, d time.Duration) (ended bool, err error) {
	within, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err = h.Wait(within)
	if err == nil || within.Err() == nil {
		return err == nil, err
	}
	return false, context.Cause(ctx)
}

func unlessDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// note writes the outcome into the results that the process stood in the way of.
func (v *victim) note() {
	for _, r := range v.results {
		switch {
		case errors.Is(v.err, fs.ErrPermission):
			r.fail(wire.CodeNotStopped, fmt.Sprintf("port %v is held by %s (pid %d) of user %s, whose processes you may not end",
				r.Port, v.Name, v.PID, v.User), "sudo forever killport "+r.Port.String())
		case v.err != nil:
			r.fail(wire.CodeNotStopped, fmt.Sprintf("port %v is held by %s (pid %d): %v", r.Port, v.Name, v.PID, v.err), "")
		default:
			r.Ended = append(r.Ended, Ended{v.Process, v.sent})
		}
	}
}

// noteApp is note for an app. What is left of it in the next round is killed.
func (f *freeing) noteApp(d *doomed) {
	f.oneByOne(d.App)
	if errors.Is(d.err, ErrNoApp) {
		return
	}
	for _, r := range d.results {
		if d.err != nil {
			r.fail(wire.CodeNotStopped, fmt.Sprintf("port %v is held by app %q, which could not be stopped: %v", r.Port, d.Name, d.err), "")
			continue
		}
		r.Stopped = append(r.Stopped, d.App)
	}
}

// announce notes what would be done.
func (p *plan) announce(first syscall.Signal) {
	for _, d := range p.apps {
		for _, r := range d.results {
			r.State = WouldFree
			r.Stopped = append(r.Stopped, d.App)
		}
	}
	for _, v := range p.victims {
		for _, r := range v.results {
			r.State = WouldFree
			r.Ended = append(r.Ended, Ended{v.Process, proc.SignalName(first)})
		}
	}
}
