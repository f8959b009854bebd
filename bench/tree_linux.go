package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is one line of the process table.
type process struct {
	pid, parent int
	state       byte // as in proc_pid_stat(5): Z is a zombie
}

// processes reads the process table. Who ends meanwhile is left out.
func processes() ([]process, error) {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	var all []process
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		fields, err := statFields(pid)
		if err != nil {
			continue
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			continue
		}
		all = append(all, process{pid, parent, fields[0][0]})
	}
	return all, nil
}

// statFields are those of /proc/PID/stat after the name: 0 is the state, 1 the
// parent, 11 to 14 the times in ticks.
func statFields(pid int) ([]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	return fields, nil
}

// descendants of root that live, without spare itself; its children are in.
func descendants(root, spare int) ([]int, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	children := map[int][]process{}
	for _, p := range all {
		children[p.parent] = append(children[p.parent], p)
	}
	var found []int
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			queue = append(queue, p.pid)
			if p.pid != spare && p.state != 'Z' && p.state != 'X' {
				found = append(found, p.pid)
			}
		}
	}
	return found, nil
}

// endAll kills the descendants of root until there are none. All are stopped
// before the first is killed, so that nobody starts a successor. Between is
// called after each round.
func endAll(root, spare int, between func()) error {
	for end := time.Now().Add(20 * time.Second); ; {
		pids, err := descendants(root, spare)
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, sig := range []unix.Signal{unix.SIGSTOP, unix.SIGKILL} {
			for _, pid := range pids {
				_ = unix.Kill(pid, sig) // it may be gone by now
			}
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d processes do not end: %v", len(pids), pids)
		}
		time.Sleep(5 * time.Millisecond)
		between()
	}
}

// isProgram tells whether a process is one of ours that a supervisor keeps
// running, and not part of a supervisor.
func isProgram(pid int) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && strings.HasPrefix(filepath.Base(exe), "bench-")
}
