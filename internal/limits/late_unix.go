//go:build !windows && !(linux && (amd64 || arm64))

package limits

import "syscall"

type pair struct{ soft, hard uint64 }

// look reads one limit, after the runtime has raised that of open files.
func look(resource int) (pair, bool) {
	var l syscall.Rlimit
	if syscall.Getrlimit(resource, &l) != nil {
		return pair{}, false
	}
	return pair{uint64(l.Cur), uint64(l.Max)}, true
}
