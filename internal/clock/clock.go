// Package clock is the one source of time, so that tests can replace it.
package clock

import "time"

// Clock tells the time and wakes.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in a goroutine of its own after d. The caller keeps
	// the Timer to be able to stop it.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a wake-up that is still to come.
type Timer interface {
	// Stop prevents the call; false: it was too late, or stopped already.
	Stop() bool
}

// Real is the system's clock.
type Real struct{}

// Now returns the time, with Go's monotonic reading.
func (Real) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (Real) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
