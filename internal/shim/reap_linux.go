package shim

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

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

// children returns the PIDs of this process's children, from the lists that
// the kernel keeps for each thread (proc_pid_children(5)).
func children() ([]int, error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil, fmt.Errorf("list own threads: %w", err)
	}
	var pids []int
	for _, t := range threads {
		data, err := os.ReadFile("/proc/self/task/" + t.Name() + "/children")
		if errors.Is(err, os.ErrNotExist) {
			continue // a thread that has ended, or a kernel without these lists
		}
		if err != nil {
			return nil, fmt.Errorf("list own children: %w", err)
		}
		for f := range strings.FieldsSeq(string(data)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids, nil
}

func cloexecPipe(fds []int) error { return unix.Pipe2(fds, unix.O_CLOEXEC) }
