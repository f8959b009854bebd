package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of Ready and Health.
const (
	KindTCP     = "tcp"     // a connection is accepted
	KindHTTP    = "http"    // a GET is answered with 2xx or 3xx
	KindExec    = "exec"    // a command ends with 0
	KindNotify  = "notify"  // the program says READY=1 as sd_notify(3) does
	KindMessage = "message" // the program says 'ready' on Node's message channel
	KindDelay   = "delay"   // a time has passed
)

// Ready says what makes a program ready. Equal ones mean the same.
type Ready struct {
	Kind  string
	Delay time.Duration // of KindDelay

	at target // of KindTCP and KindHTTP
}

// ParseReady reads tcp:PORT, tcp:HOST:PORT, http:PORT/PATH, http://HOST:PORT/PATH,
// notify, message or delay:DURATION.
func ParseReady(s string) (r Ready, err error) {
	kind, rest, _ := strings.Cut(s, ":")
	r.Kind = kind
	switch kind {
	case KindTCP:
		r.at, err = parseTCP(rest)
	case KindHTTP:
		r.at, err = parseHTTP(rest)
	case KindDelay:
		r.Delay, err = parseDuration(rest)
	case KindNotify, KindMessage:
		if kind != s {
			err = fmt.Errorf("%s stands alone", kind)
		}
	case "https":
		err = errors.New("https is not asked; tcp:PORT waits for the port alone")
	default:
		err = errors.New("wants tcp:PORT, http:PORT/PATH, notify, message or delay:DURATION")
	}
	if err != nil {
		return Ready{}, fmt.Errorf("%q: %w", s, err)
	}
	return r, nil
}

// String is the readiness as [ParseReady] takes it.
func (r Ready) String() string {
	switch r.Kind {
	case KindTCP, KindHTTP:
		return r.Kind + ":" + r.at.String()
	case KindDelay:
		return r.Kind + ":" + r.Delay.String()
	}
	return r.Kind
}

// Wait returns nil when the program is ready. It asks again and again, ever less
// often, until then or until ctx ends; the error is a [*NotReady] then. For
// KindNotify and KindMessage nothing can be asked: it is an error at once.
//
// dial is how the program is connected to; nil: as anybody would.
func (r Ready) Wait(ctx context.Context, dial Dial) error {
	switch r.Kind {
	case KindTCP, KindHTTP:
		return retry(ctx, func(ctx context.Context) error { return r.at.check(ctx, dial) })
	case KindDelay:
		if !sleep(ctx, r.Delay) {
			return &NotReady{Last: fmt.Errorf("%v have not passed", r.Delay), Cause: context.Cause(ctx)}
		}
		return nil
	}
	return fmt.Errorf("readiness %q cannot be asked for: the program says it by itself", r.Kind)
}

// NotReady is the error of a wait that was given up.
type NotReady struct {
	Last  error // what the last try found
	Cause error // why there was no other: the cause of the context's end
}

// Error tells what the last try found; that time is up, the caller knows.
func (e *NotReady) Error() string { return e.Last.Error() }

// Unwrap returns both errors.
func (e *NotReady) Unwrap() []error { return []error{e.Last, e.Cause} }
