//go:build unix

package shim

import (
	"slices"
	"syscall"
	"time"

	"forever/internal/wire"
)

// stand takes a standing order for process pid of a slot, or withdraws it. One
// that comes after the end of its process is too late, and the supervisor is on
// its way to know.
func (s *shim) stand(key string, pid int, o *wire.Order) {
	if sl, ok := s.slots[key]; ok && (o == nil || sl.pid == pid) {
		sl.order = o
	}
}

// follow carries out the slot's standing order, if it is for an end like e, and
// returns the process that it has started. Where that fails nothing is told of
// it: the supervisor finds the slot empty and tries, as without an order.
func (s *shim) follow(sl *slot, e *wire.ShimExit) *wire.Successor {
	o := sl.order
	sl.order = nil
	if o == nil || s.quitting || !e.Known || !e.Alone || !isFor(o, e) {
		return nil
	}
	m := s.spawn(sl.key, nil, o.Note)
	if m.Error != "" {
		return nil
	}
	return &wire.Successor{PID: m.PID, Start: m.Start, At: m.At, Warning: m.Warning}
}

// isFor tells whether an order covers an end: a failure (or any end, if it says
// so) after a run that was long enough.
func isFor(o *wire.Order, e *wire.ShimExit) bool {
	if e.Began.IsZero() || e.At.Sub(e.Began) < time.Duration(o.MinUptimeMS)*time.Millisecond {
		return false
	}
	status := syscall.WaitStatus(e.Status)
	code := status.ExitStatus() // -1 after a signal
	return o.Always || code != 0 && !slices.Contains(o.SuccessCodes, code)
}
