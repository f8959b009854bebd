package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"forever/internal/sock"
	"forever/pidfile"
)

// call is one question to the supervisor. It may be sent several times.
type call struct {
	method, path string
	body         []byte
	streams      []*os.File // handed over with each try
	// absent is asked when nobody serves the root. Nil: somebody does now, or
	// ErrLocked: somebody is about to. errOver: there is nothing to ask a
	// supervisor for. Any other error ends the call.
	absent func(context.Context) error
	// receive reads the answer; it calls news when something new has come.
	receive func(body io.Reader, news func()) error
	tries   int // so far
}

// errOver ends a call well that needs no supervisor.
var errOver = errors.New("nothing to do")

// broken is an answer that did not come to its end: the supervisor is being
// replaced, or has died. The same call is sent again.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// do sends k until it is answered to the end, by whichever supervisor.
func (c *Client) do(ctx context.Context, k *call) error {
	again := backoff{within: c.patience}
	for {
		k.tries++
		err := c.try(ctx, k, again.reset)
		if err == nil {
			return nil
		}
		if sock.Absent(err) {
			err = k.absent(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errOver):
			return nil
		case err != nil && !passes(err):
			return err
		}
		if !again.wait(ctx) {
			return c.giveUp(ctx, err)
		}
	}
}

// RootError says that the root folder cannot be used: it is no folder, or
// somebody else's, or cannot be written to.
type RootError struct{ Err error }

func (e *RootError) Error() string { return e.Err.Error() }

// Unwrap is the error of the system.
func (e *RootError) Unwrap() error { return e.Err }

// unusable makes a RootError of one that no other try will mend.
func unusable(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EROFS) {
		return &RootError{err}
	}
	return err
}

// passes tells whether err may be gone with the next try.
func passes(err error) bool {
	return errors.As(err, new(broken)) || errors.Is(err, ErrLocked) || sock.Busy(err)
}

// try connects, asks once, and reads the answer.
func (c *Client) try(ctx context.Context, k *call, news func()) error {
	if err := pidfile.TrustRoot(c.root, os.Geteuid()); err != nil {
		return &RootError{err}
	}
	conn, err := sock.Dial(ctx, c.root)
	if err != nil {
		return unusable(err)
	}
	defer conn.Close()
	release := context.AfterFunc(ctx, func() { conn.Close() })
	defer release()
	body, err := exchange(conn, k)
	if err != nil {
		return err
	}
	return k.receive(body, news)
}

// giveUp is the error of a call whose patience is over, or whose ctx is.
func (c *Client) giveUp(ctx context.Context, last error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if last == nil {
		last = ErrNoSupervisor
	}
	return fmt.Errorf("no answer to the end within %v, see %s: %w", c.patience, filepath.Join(c.root, logName), last)
}

// The waits between two tries.
const (
	firstWait = 5 * time.Millisecond
	lastWait  = 200 * time.Millisecond
)

// backoff spaces the tries of one call: the second comes at once (the socket
// outlives a supervisor, and the connection then waits in its queue), the
// others after ever longer waits, all of them within a time.
type backoff struct {
	within time.Duration
	next   time.Duration
	until  time.Time // zero before the first failure
}

// reset forgets the failures so far.
func (b *backoff) reset() { *b = backoff{within: b.within} }

// wait returns when it is time for the next try; false: no more tries.
func (b *backoff) wait(ctx context.Context) bool {
	now := time.Now()
	if b.until.IsZero() {
		b.until = now.Add(b.within)
		return ctx.Err() == nil
	}
	if !now.Before(b.until) {
		return false
	}
	b.next = min(max(2*b.next, firstWait), lastWait)
	t := time.NewTimer(b.next)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
