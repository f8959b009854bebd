package tasklist

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/who"
)

// errCritical spares the process with which everything would end.
var errCritical = errors.New("this is a critical system process")

// signal reaches the very process that was seen, never another one that has its
// number by now.
func (k *killer) signal(t *task) error {
	if t.PID == 1 {
		return errCritical
	}
	app := who.AppOf(t.PID) // a dead process has no environment
	if err := k.send(t); err != nil {
		return err
	}
	if app != nil && k.OfApp != nil {
		k.OfApp(t.PID, *app)
	}
	return nil
}

func (k *killer) send(t *task) error {
	if k.Force {
		return send(t.Entry, syscall.SIGKILL)
	}
	return askToEnd(t.Entry)
}

func send(e proc.Entry, sig syscall.Signal) error {
	h, err := proc.Open(e.PID, e.Start)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Signal(sig)
}

// errStill: the task was told to end and has not, so far.
var errStill = errors.New("it is still there")

// gone waits a moment for the end of a task that was ended by force.
func gone(ctx context.Context, t *task) error {
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err := proc.WaitGone(within, []proc.Entry{t.Entry})
	if errors.Is(err, context.DeadlineExceeded) {
		return errStill
	}
	return err
}

// reason is why a process was not ended, in Windows' words where it has some.
func reason(err error) string {
	switch {
	case errors.Is(err, os.ErrProcessDone):
		return "There is no running instance of the task."
	case errors.Is(err, fs.ErrPermission):
		return "Access is denied."
	case errors.Is(err, errCritical):
		return "This is critical system process. Taskkill cannot end this process."
	case errors.Is(err, errStill):
		return "It has been told to end, and has not so far."
	case errors.Is(err, errOnlyHard):
		return "This process can only be terminated forcefully (with /F option)."
	}
	return err.Error()
}

// errOnlyHard: the process cannot be asked to end.
var errOnlyHard = errors.New("nothing of it takes a polite request")
