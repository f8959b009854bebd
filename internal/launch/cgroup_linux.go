package launch

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// enterCgroup has the child born in the cgroup v2 folder dir (clone3(2),
// CLONE_INTO_CGROUP); empty: where its parent is. leave takes that back and
// tells whether it was so: a cgroup only helps to find leftovers, so a failure
// is no reason not to start.
func enterCgroup(attr *syscall.SysProcAttr, dir string) (leave func() (used bool)) {
	if dir == "" {
		return func() bool { return false }
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return func() bool { return false }
	}
	attr.UseCgroupFD, attr.CgroupFD = true, fd
	return func() bool {
		unix.Close(fd)
		attr.UseCgroupFD = false
		return true
	}
}
