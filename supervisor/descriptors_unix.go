//go:build unix

package supervisor

import "syscall"

// descriptorLimit is how many descriptors this process may have open (Go raises
// the soft limit to the hard one at the start); 0: unknown.
func descriptorLimit() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return uint64(l.Cur)
}
