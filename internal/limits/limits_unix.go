//go:build !windows

package limits

import "syscall"

// nofile is RLIMIT_NOFILE before the os package raised it.
var nofile = atStart()

func atStart() (l syscall.Rlimit) {
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return syscall.Rlimit{}
	}
	return l
}

// Caller returns all limits that this process was started with.
func Caller() []Limit {
	all := make([]Limit, 0, resources)
	for r := range resources {
		var l syscall.Rlimit
		if r == syscall.RLIMIT_NOFILE && nofile.Max != 0 {
			l = nofile
		} else if syscall.Getrlimit(r, &l) != nil {
			continue
		}
		all = append(all, Limit{Resource: r, Soft: uint64(l.Cur), Hard: uint64(l.Max)})
	}
	return all
}
