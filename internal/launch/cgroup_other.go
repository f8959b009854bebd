//go:build unix && !linux

package launch

import "syscall"

// enterCgroup does nothing: only Linux has cgroups.
func enterCgroup(*syscall.SysProcAttr, string) (leave func() (used bool)) {
	return func() bool { return false }
}
