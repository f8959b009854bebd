// Package shim is the process that holds: it is the parent of every instance,
// reaps them, and keeps every descriptor that must outlive a supervisor. It
// decides nothing; a supervisor tells it what to do over a socketpair, now or, by
// a standing order, in case a process ends.
//
// The same package has the supervisor's handle on it, and the way from one
// shim to the next: a shim that is updated, or a supervisor whose shim has
// died, executes this binary again as the shim, with its descriptors kept.
//
// Where descriptors cannot be handed to another process, on Windows, a Holder
// in the supervisor's own process takes the shim's place.
package shim

// The first arguments with which the binary is the shim, the shim that goes on
// from another one's inventory, and the supervisor.
const (
	Role           = "__shim"
	AdoptRole      = "__adopt"
	SupervisorRole = "__supervisor"
)

// StateFile is the name of the state file in the root.
const StateFile = "state.json"

// LockFile is the name of the file whose lock belongs to who holds the root.
const LockFile = "forever.lock"

// The names of the pipes of a slot.
const (
	StreamOut = "out" // stdout, and stderr too where both go to one file
	StreamErr = "err"
)

// BindsName is the name under which the shim holds the reported binds of a
// slot's process.
func BindsName(slot string) string { return slot + "/binds" }
