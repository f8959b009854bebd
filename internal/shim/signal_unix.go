//go:build unix

package shim

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// signal sends to the slot's process, or to its group. The process has not been
// reaped, since we hold the lock: the PID is its own.
func (s *shim) signal(key string, sig int, group bool) error {
	sl, ok := s.slots[key]
	switch {
	case !ok || sl.pid == 0:
		return syscall.ESRCH
	case group:
		return s.signalGroups(sl, syscall.Signal(sig))
	case sl.adopted != nil:
		return sl.adopted.Signal(syscall.Signal(sig))
	}
	return syscall.Kill(sl.pid, syscall.Signal(sig))
}

// signalGroups sends to the group of the slot's process. What we start leads one
// of its own; what has taken its place may be in that, or in another: then both
// are reached, as long as we know that the first one's number is still its own.
func (s *shim) signalGroups(sl *slot, sig syscall.Signal) error {
	group, err := unix.Getpgid(sl.pid)
	if err != nil { // it is nobody's child here, and has been reaped
		group = sl.pid
	}
	err = sl.signalGroup(group, sig)
	if o := sl.origin; o != nil && o.PID != group && s.byPID[o.PID] == sl {
		if first := syscall.Kill(-o.PID, sig); errors.Is(err, syscall.ESRCH) {
			err = first
		}
	}
	return err
}

// signalGroup sends to the group that the slot's process is in.
func (sl *slot) signalGroup(group int, sig syscall.Signal) error {
	switch {
	case sl.adopted == nil:
	case group == sl.pid:
		return sl.adopted.SignalGroup(sig)
	case sl.adopted.Exited(): // and so the group may be another's
		return syscall.ESRCH
	}
	if group <= 1 || group == syscall.Getpgrp() { // no program of ours is there
		return syscall.ESRCH
	}
	return syscall.Kill(-group, sig)
}
