package listener

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// likeProgram runs f on a thread that sees files as a program does: with its user
// where that is another one (credentials(7), "Filesystem user ID"), and, if p.own,
// with its folder and its umask. The thread ends with it.
func likeProgram(pid int, f func(p standing) error) error {
	p, err := readStanding(pid)
	if err != nil {
		return err
	}
	proc.OnThread(func() {
		if err = p.take(); err != nil {
			err = fmt.Errorf("act like process %d: %w", pid, err)
			return
		}
		err = f(p)
	})
	return err
}

// standing is with which rights a process makes files.
type standing struct {
	pid              int
	umask, user, grp int
	groups           []uint32
	own              bool // folder and umask could be taken
}

// readStanding reads it from proc_pid_status(5).
func readStanding(pid int) (p standing, err error) {
	p = standing{pid: pid, umask: -1, user: -1, grp: -1}
	path := fmt.Sprintf("/proc/%d/status", pid)
	data, err := os.ReadFile(path)
	if err != nil {
		return p, fmt.Errorf("look at a program: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(line, ":")
		words := strings.Fields(value)
		switch {
		case name == "Umask" && len(words) == 1:
			umask, _ := strconv.ParseUint(words[0], 8, 16)
			p.umask = int(umask)
		case name == "Uid" && len(words) == 4: // real, effective, saved, file system
			p.user, _ = strconv.Atoi(words[3])
		case name == "Gid" && len(words) == 4:
			p.grp, _ = strconv.Atoi(words[3])
		case name == "Groups":
			for _, w := range words {
				g, _ := strconv.ParseUint(w, 10, 32)
				p.groups = append(p.groups, uint32(g))
			}
		}
	}
	if p.umask < 0 || p.user < 0 || p.grp < 0 {
		return p, fmt.Errorf("look at a program: %s lacks a line", path)
	}
	return p, nil
}

// take has the calling thread stand so. The calls are the kernel's own, which
// concern one thread; the libraries' concern all.
//
// Folder and umask are those of the whole process unless it may have its own, which
// the default filter of Docker does not allow.
func (p *standing) take() error {
	if p.own = unix.Unshare(unix.CLONE_FS) == nil; p.own {
		if err := unix.Chdir(fmt.Sprintf("/proc/%d/cwd", p.pid)); err != nil {
			return fmt.Errorf("enter its folder: %w", err)
		}
		unix.Umask(p.umask)
	}
	if p.user == unix.Geteuid() && p.grp == unix.Getegid() {
		return nil
	}
	var first unsafe.Pointer
	if len(p.groups) > 0 {
		first = unsafe.Pointer(&p.groups[0])
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(p.groups)), uintptr(first), 0); errno != 0 {
		return fmt.Errorf("setgroups: %w", errno)
	}
	// These two tell no error, but who it was before.
	_, _, _ = unix.RawSyscall(unix.SYS_SETFSGID, uintptr(p.grp), 0, 0)
	_, _, _ = unix.RawSyscall(unix.SYS_SETFSUID, uintptr(p.user), 0, 0)
	if now, _, _ := unix.RawSyscall(unix.SYS_SETFSUID, ^uintptr(0), 0, 0); int(now) != p.user {
		return fmt.Errorf("setfsuid to %d: %w", p.user, unix.EPERM)
	}
	return nil
}
