package probe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Health says how to find out whether a running program is well.
type Health struct {
	Kind    string // KindHTTP, KindTCP or KindExec
	Command string // of KindExec: a command line for the shell

	Interval    time.Duration // from the end of a check to the next; positive
	Timeout     time.Duration // of one check; positive
	Retries     int           // so many failures in a row mean that it is not well; positive
	StartPeriod time.Duration // failures do not count for so long after the start

	at target
}

// The settings of a Health that says nothing else, as in Docker.
const (
	DefaultInterval = 30 * time.Second
	DefaultTimeout  = 5 * time.Second
	DefaultRetries  = 3
)

// ParseHealth reads http:PORT/PATH, http://HOST:PORT/PATH, tcp:PORT,
// tcp:HOST:PORT or exec:COMMAND, followed by any of ,interval=DURATION
// ,timeout=DURATION ,retries=N and ,start-period=DURATION. What s does not say
// has its default.
func ParseHealth(s string) (Health, error) {
	h, err := ParsePlainHealth(s)
	if err != nil {
		return Health{}, err
	}
	if h.Interval == 0 {
		h.Interval = DefaultInterval
	}
	if h.Timeout == 0 {
		h.Timeout = DefaultTimeout
	}
	if h.Retries == 0 {
		h.Retries = DefaultRetries
	}
	return h, nil
}

// ParsePlainHealth is ParseHealth without defaults: what s does not say is zero.
func ParsePlainHealth(s string) (h Health, err error) {
	rest, err := h.cutOptions(s)
	if err == nil {
		err = h.parse(rest)
	}
	if err != nil {
		return Health{}, fmt.Errorf("%q: %w", s, err)
	}
	return h, nil
}

// cutOptions takes the options from the end of s.
func (h *Health) cutOptions(s string) (rest string, err error) {
	seen := make(map[string]bool)
	for {
		i := strings.LastIndexByte(s, ',')
		key, value, ok := strings.Cut(s[i+1:], "=")
		if i < 0 || !ok {
			return s, nil
		}
		known, err := h.set(key, value)
		switch {
		case err != nil:
			return "", fmt.Errorf("%s %w", key, err)
		case !known: // of a command it is a part
			return s, nil
		case seen[key]:
			return "", fmt.Errorf("%s is there twice", key)
		}
		seen[key] = true
		s = s[:i]
	}
}

// set sets one option, if it is one.
func (h *Health) set(key, value string) (known bool, err error) {
	switch key {
	case "interval":
		h.Interval, err = parsePositive(value)
	case "timeout":
		h.Timeout, err = parsePositive(value)
	case "start-period":
		h.StartPeriod, err = parseDuration(value)
	case "retries":
		if h.Retries, err = strconv.Atoi(value); err != nil || h.Retries < 1 {
			err = fmt.Errorf("wants a number from 1 on, not %q", value)
		}
	default:
		return false, nil
	}
	return true, err
}

func parsePositive(s string) (time.Duration, error) {
	d, err := parseDuration(s)
	if err == nil && d == 0 {
		err = errors.New("has to be longer than nothing")
	}
	return d, err
}

// parse reads what to check.
func (h *Health) parse(s string) (err error) {
	kind, rest, _ := strings.Cut(s, ":")
	if kind == KindExec {
		h.Kind, h.Command = kind, strings.TrimSpace(rest)
		switch {
		case !canRun:
			err = errors.New("a command cannot be a check on this system; http:PORT/PATH and tcp:PORT can")
		case h.Command == "":
			err = errors.New("wants a command")
		}
		return err
	}
	if i := strings.IndexByte(rest, ','); i >= 0 {
		return fmt.Errorf("%q is none of interval=, timeout=, retries= and start-period= (a comma in a path is written %%2C)", rest[i+1:])
	}
	h.Kind = kind
	switch kind {
	case KindTCP:
		h.at, err = parseTCP(rest)
	case KindHTTP:
		h.at, err = parseHTTP(rest)
	case "https":
		err = errors.New("https is not supported; exec:'curl -fsS URL' asks in its place")
	default:
		err = errors.New("wants http:PORT/PATH, tcp:PORT or exec:COMMAND")
	}
	return err
}

// String is the check as [ParseHealth] takes it, with all options.
func (h Health) String() string {
	return fmt.Sprintf("%s,interval=%v,timeout=%v,retries=%d,start-period=%v",
		h.What(), h.Interval, h.Timeout, h.Retries, h.StartPeriod)
}

// What is what is checked, without the options.
func (h Health) What() string {
	if h.Kind == KindExec {
		return h.Kind + ":" + h.Command
	}
	return h.Kind + ":" + h.at.String()
}

// Subject is the program that is checked.
type Subject struct {
	// Env, Dir, and User are those of a command: the program's own. A nil User
	// is who we are.
	Env  []string
	Dir  string
	User *User
	Dial Dial // how a port of it is connected to; nil: as anybody would
}

// User is who a command runs as.
type User struct {
	UID, GID int
	Groups   []int
}

// Check looks once, for at most Timeout, and returns nil when the program is
// well. The error says what was found, and wraps the cause of ctx's end, or
// context.DeadlineExceeded after Timeout, when there was no answer.
func (h Health) Check(ctx context.Context, s Subject) error {
	ctx, cancel := context.WithTimeoutCause(ctx, h.Timeout, tooLong(h.Timeout))
	defer cancel()
	if h.Kind == KindExec {
		return run(ctx, h.Command, s)
	}
	return h.at.check(ctx, s.Dial)
}

// tooLong is the error of a check that took longer than that.
type tooLong time.Duration

// Error says so.
func (d tooLong) Error() string { return fmt.Sprintf("it takes longer than %v", time.Duration(d)) }

// Is makes it a context.DeadlineExceeded.
func (d tooLong) Is(err error) bool { return err == context.DeadlineExceeded }
