// Package limits knows the resource limits that this process was started with.
//
// Go's syscall package raises RLIMIT_NOFILE to its hard limit when it is
// initialised, so that a look from main would show the runtime's limit and not
// the caller's. On Linux this package therefore looks earlier: it imports
// nothing that needs initialisation, and packages that are ready are
// initialised in the order of their import paths (Go specification, "Program
// initialization"), so "forever/internal/limits" always comes before "syscall".
// That is why it makes the system call by itself.
package limits

// Limit is one resource limit as getrlimit(2) tells it.
type Limit struct {
	Resource   int
	Soft, Hard uint64
}

// NOFILE is RLIMIT_NOFILE, the limit of open descriptors.
const NOFILE = nofile
