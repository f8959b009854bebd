//go:build unix && !linux

package launch

import "golang.org/x/sys/unix"

// moveTo makes to the same open file as from.
func moveTo(from, to int) error { return unix.Dup2(from, to) }
