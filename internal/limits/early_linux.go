//go:build linux && (amd64 || arm64)

package limits

// pair is struct rlimit of getrlimit(2) on a 64-bit machine.
type pair struct{ soft, hard uint64 }

// getrlimit is the bare system call; 0 is success.
//
//go:noescape
func getrlimit(resource uintptr, into *pair) (errno uintptr)

// look reads one limit.
func look(resource int) (pair, bool) {
	var p pair
	return p, getrlimit(uintptr(resource), &p) == 0
}
