package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ownCgroup is the folder of the version 2 group that this process is in.
func ownCgroup() (string, error) {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	return findCgroup(string(groups), string(mounts))
}

// findCgroup joins the group's path, "0::/a/b" in /proc/PID/cgroup (cgroups(7)),
// with the mount point that shows it.
func findCgroup(groups, mounts string) (string, error) {
	for line := range strings.Lines(groups) {
		path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::")
		if !ok || slices.Contains(strings.Split(path, "/"), "..") { // above our namespace
			continue
		}
		for line := range strings.Lines(mounts) {
			root, point, ok := cgroup2Mount(line)
			if !ok {
				continue
			}
			if below, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(below) {
				return filepath.Join(point, below), nil
			}
		}
	}
	return "", fmt.Errorf("no cgroup v2 hierarchy: %w", errors.ErrUnsupported)
}

// cgroup2Mount takes the mounted root and the mount point from a line of
// proc_pid_mountinfo(5): fields 4 and 5; the type follows a lone "-".
func cgroup2Mount(line string) (root, point string, ok bool) {
	before, after, _ := strings.Cut(line, " - ")
	fields := strings.Fields(before)
	if len(fields) < 5 || !strings.HasPrefix(after, "cgroup2 ") {
		return "", "", false
	}
	return unescapeMount(fields[3]), unescapeMount(fields[4]), true
}

// unescapeMount undoes the kernel's octal for blanks and backslashes.
func unescapeMount(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// eachCgroup visits a group and those below it, deepest first. What is not
// there is not visited.
func eachCgroup(path string, visit func(path string) error) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if err := eachCgroup(filepath.Join(path, e.Name()), visit); err != nil {
			return err
		}
	}
	return visit(path)
}

func cgroupProcs(path string) (pids []int, err error) {
	err = eachCgroup(path, func(path string) error {
		list, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		switch {
		case errors.Is(err, unix.EOPNOTSUPP): // threaded: a group above lists its processes
			return nil
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV): // just removed
			return nil
		case err != nil:
			return fmt.Errorf("list cgroup: %w", err)
		}
		for word := range strings.FieldsSeq(string(list)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				return fmt.Errorf("list cgroup %s: %w", path, err)
			}
			if pid > 0 { // 0: a process of another PID namespace
				pids = append(pids, pid)
			}
		}
		return nil
	})
	return pids, err
}

func removeCgroup(path string) error {
	return eachCgroup(path, func(path string) error {
		if err := unix.Rmdir(path); err != nil && err != unix.ENOENT {
			return fmt.Errorf("remove cgroup %s: %w", path, err)
		}
		return nil
	})
}

// killEach is what cgroup.kill does, one process after the other and again
// until nobody is left.
func killEach(ctx context.Context, path string) error {
	for {
		members, left, err := cgroupEntries(path)
		if err != nil || left == 0 {
			return err
		}
		if err := SignalAll(members, unix.SIGKILL); err != nil {
			return fmt.Errorf("kill cgroup %s: %w", path, err)
		}
		if err := WaitGone(ctx, members); err != nil {
			return fmt.Errorf("kill cgroup %s: %w", path, err)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("kill cgroup %s: %w", path, err)
		}
	}
}

// cgroupEntries looks at the processes of a group. left counts them all; a
// zombie is not among them. members are those that were listed before and after
// their start time was read, so that it is the start time of a member.
func cgroupEntries(path string) (members []Entry, left int, err error) {
	before, err := cgroupProcs(path)
	if err != nil {
		return nil, 0, err
	}
	looks := make(map[int]Entry, len(before))
	for _, pid := range before {
		if s, err := readStat(pid); err == nil {
			looks[pid] = s.Entry
		}
	}
	after, err := cgroupProcs(path)
	for _, pid := range after {
		if e, ok := looks[pid]; ok {
			members = append(members, e)
		}
	}
	return members, len(after), err
}
