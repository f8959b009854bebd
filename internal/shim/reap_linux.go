package shim

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// waitForChild returns when a child has ended, and leaves it to be reaped
// under the lock: until then its PID cannot be used again. false: there is no
// child.
func waitForChild() bool {
	for {
		err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

// orphans returns the children that have come back to this process because
// their parents died, and perhaps others of ours. The kernel keeps a list for
// each thread (proc_pid_children(5)) and gives orphans to the first thread that
// lives (find_new_reaper in kernel/exit.c), which is the first of all: Go never
// ends that one.
func orphans() ([]int, error) {
	fd, err := unix.Open("/proc/self/task/"+self+"/children", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("list own children: %w", err)
	}
	defer unix.Close(fd)
	var pids []int
	var buf [4096]byte
	pid := 0
	for {
		n, err := unix.Read(fd, buf[:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list own children: %w", err)
		}
		if n == 0 {
			return pids, nil
		}
		for _, c := range buf[:n] { // each number is followed by a space
			if c >= '0' && c <= '9' {
				pid = pid*10 + int(c-'0')
			} else if pid != 0 {
				pids, pid = append(pids, pid), 0
			}
		}
	}
}

var self = strconv.Itoa(os.Getpid())
