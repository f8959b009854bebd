// Package shim is the process that holds: it is the parent of every instance,
// reaps them, and keeps every descriptor that must outlive a supervisor. It
// decides nothing; a supervisor tells it what to do over a socketpair.
//
// The same package has the supervisor's handle on it, and the way from one
// shim to the next: a shim that is updated, or a supervisor whose shim has
// died, executes this binary again as the shim, with its descriptors kept.
package shim

// StateFile is the name of the state file in the root.
const StateFile = "state.json"

// The names of the pipes of a slot.
const (
	StreamOut = "out" // stdout, and stderr too where both go to one file
	StreamErr = "err"
)
