//go:build !linux

package listener

// Pending is of use on Linux only.
type Pending struct{}
