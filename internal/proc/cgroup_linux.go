package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Cgroups is a folder of control groups (version 2, cgroups(7)), one for each
// instance, below the group that this process is in. A process cannot leave
// its group by forking, by a session of its own or by clearing its environment,
// so here nothing of an instance can hide. No controller is turned on.
//
// Where groups may not be made there is none: a nil *Cgroups takes every call,
// and Open's error says so. An instance can always run without a group.
type Cgroups struct {
	dir string // FOLDER/forever-ROOTNAME, made by the first Open
}

// FindCgroups looks for a place where this process may make control groups;
// nil when there is none. rootName is a short name that no other root of
// forever has, fit for a folder. Nothing is made yet.
func FindCgroups(rootName string) *Cgroups {
	if checkCgroupName(rootName) != nil {
		return nil
	}
	own, err := ownCgroup()
	if err != nil {
		return nil
	}
	// Starting a process in a group below takes the right to make the group and
	// the right to move processes out of this one.
	for _, path := range []string{own, filepath.Join(own, "cgroup.procs")} {
		if unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS) != nil {
			return nil
		}
	}
	return &Cgroups{dir: filepath.Join(own, "forever-"+rootName)}
}

// Open makes the group of an instance, if it is not there, and opens its folder
// for SysProcAttr.CgroupFD, which starts a process inside (CLONE_INTO_CGROUP,
// clone(2)). The caller closes the file.
func (c *Cgroups) Open(name string) (*os.File, error) {
	if c == nil {
		return nil, fmt.Errorf("open cgroup %q: %w", name, errors.ErrUnsupported)
	}
	path, err := c.path(name)
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{c.dir, path} {
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make cgroup: %w", err)
		}
	}
	return os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
}

// Procs lists the processes in the group and in the groups below it. A group
// that is not there has none.
func (c *Cgroups) Procs(name string) ([]int, error) {
	if c == nil {
		return nil, nil
	}
	path, err := c.path(name)
	if err != nil {
		return nil, err
	}
	return cgroupProcs(path)
}

// Entries is Procs with start times, fit for [SignalAll] and [WaitGone]: a PID
// that was given away while it looked is not among them, and neither is a
// process that joined meanwhile. UID is not filled in.
func (c *Cgroups) Entries(name string) ([]Entry, error) {
	if c == nil {
		return nil, nil
	}
	path, err := c.path(name)
	if err != nil {
		return nil, err
	}
	members, _, err := cgroupEntries(path)
	return members, err
}

// Kill sends SIGKILL to every process in the group and below, also to those
// that fork meanwhile (cgroup.kill, Linux 5.14). It returns before they have
// ended. Before 5.14 it kills until nobody is left, for at most 5 s.
func (c *Cgroups) Kill(name string) error {
	if c == nil {
		return nil
	}
	path, err := c.path(name)
	if err != nil {
		return err
	}
	if err := writeKill(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return killEach(ctx, path)
}

// writeKill fails with fs.ErrNotExist where the kernel is older than 5.14, and
// where the group is not there.
func writeKill(path string) error {
	f, err := os.OpenFile(filepath.Join(path, "cgroup.kill"), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("kill cgroup: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteString("1"); err != nil {
		return fmt.Errorf("kill cgroup: %w", err)
	}
	return nil
}

// Remove removes the group and the groups below it. While a process lives in
// one of them the error wraps unix.EBUSY. A group that is not there is no error.
func (c *Cgroups) Remove(name string) error {
	if c == nil {
		return nil
	}
	path, err := c.path(name)
	if err != nil {
		return err
	}
	return removeCgroup(path)
}

// Close removes all groups, also those of an earlier life, and their folder, but
// for those in which somebody lives: these cannot be removed, and stay.
func (c *Cgroups) Close() {
	if c != nil {
		_ = eachCgroup(c.dir, func(path string) error {
			unix.Rmdir(path)
			return nil
		})
	}
}

func (c *Cgroups) path(name string) (string, error) {
	if err := checkCgroupName(name); err != nil {
		return "", err
	}
	return filepath.Join(c.dir, name), nil
}

// checkCgroupName refuses what would not be one new folder.
func checkCgroupName(name string) error {
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\n\x00") {
		return fmt.Errorf("cgroup name %q: %w", name, fs.ErrInvalid)
	}
	return nil
}
