//go:build !linux

package supervisor

import "forever/internal/probe"

// dialer: nothing is shared here.
func (in *instance) dialer() probe.Dial { return nil }
