// Package limits knows the resource limits that this process was started with.
//
// Go's os package raises RLIMIT_NOFILE to its hard limit when it is
// initialised, so that a look from main would show the runtime's limit and not
// the caller's. This package therefore looks earlier: it imports nothing but
// syscall, and packages that are ready are initialised in the order of their
// import paths (Go specification, "Program initialization"), so
// "forever/internal/limits" always comes before "os".
package limits

// Limit is one resource limit as getrlimit(2) tells it.
type Limit struct {
	Resource   int
	Soft, Hard uint64
}
