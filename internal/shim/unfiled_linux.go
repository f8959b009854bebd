package shim

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"forever/internal/proc"
	"forever/pidfile"
)

// unfiled finds a living shim of root of which no file in the root tells any
// more, and that has not had the time to make them anew: it was started as the
// shim of that root, and has a lock file open that was removed. nil: there is
// none. It looks at all processes, so it is for a root without a state file.
func unfiled(root string) *proc.Handle {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what was read before an error counts
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid != os.Getpid() && isShimOf(name, root) {
			if h := unfiledAt(pid); h != nil {
				return h
			}
		}
	}
	return nil
}

// unfiledAt is a hold on the process if it has lost its lock file. It is known by
// its start time before it is looked at: afterwards the PID may be another's.
func unfiledAt(pid int) *proc.Handle {
	id, err := pidfile.Identify(pid)
	if err != nil || !lostLock(strconv.Itoa(pid)) {
		return nil
	}
	h, err := proc.Open(id.PID, id.Start)
	if err != nil {
		return nil
	}
	return h
}

// isShimOf tells whether a process was executed as the shim of root.
func isShimOf(pid, root string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	if err != nil {
		return false
	}
	args := bytes.Split(line, []byte{0})
	return len(args) > 2 && slices.Contains([]string{Role, AdoptRole}, string(args[1])) && string(args[2]) == root
}

// lostLock tells whether a process has a lock file open that has no name any
// more (proc_pid_fd(5)). A shim of another machine's file system, of a container
// perhaps, may have the same arguments, but it has its file.
func lostLock(pid string) bool {
	links, _ := filepath.Glob(filepath.Join("/proc", pid, "fd", "*"))
	return slices.ContainsFunc(links, func(link string) bool {
		to, err := os.Readlink(link)
		return err == nil && strings.HasSuffix(to, "/"+LockFile+" (deleted)")
	})
}
