//go:build !linux

package listener

// Pending is of use on Linux only.
type Pending struct{}

// Names is of use on Linux only.
type Names struct{}
