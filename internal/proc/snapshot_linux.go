package proc

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Snapshot looks at every process that this user may see: all of them, unless
// /proc is mounted with hidepid (proc(5)).
func Snapshot() (*Table, error) {
	dir, err := openat(unix.AT_FDCWD, "/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("look at all processes: %w", os.NewSyscallError("open /proc", err))
	}
	defer unix.Close(dir)
	s := snapshot{dir: dir, entries: make([]Entry, 0, 256)}
	if err := s.walk(); err != nil {
		return nil, fmt.Errorf("look at all processes: %w", err)
	}
	return newTable(s.entries), nil
}

// snapshot is a Snapshot under way.
type snapshot struct {
	dir     int // /proc
	entries []Entry
	list    [8192]byte // directory entries
	line    [statSize]byte
}

// walk reads the listing of /proc, which has the processes sorted by PID.
func (s *snapshot) walk() error {
	for {
		n, err := unix.ReadDirent(s.dir, s.list[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return os.NewSyscallError("getdents /proc", err)
		}
		if err := s.addAll(s.list[:n]); err != nil {
			return err
		}
	}
}

func (s *snapshot) addAll(list []byte) error {
	for len(list) > 0 {
		var name []byte
		if name, list = nextDirent(list); name == nil {
			return nil
		}
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if err := s.add(string(name)); err != nil && !invisible(err) {
			return fmt.Errorf("read /proc/%s: %w", name, err)
		}
	}
	return nil
}

// add looks at one process. The folder of a process always belongs to its
// effective user; the files in it may not (proc(5)).
func (s *snapshot) add(pid string) error {
	var owner unix.Stat_t
	if err := unix.Fstatat(s.dir, pid, &owner, 0); err != nil {
		return err
	}
	line, err := readInto(s.dir, pid+"/stat", s.line[:])
	if err != nil {
		return err
	}
	stat, err := parseStat(line)
	if err != nil {
		return err
	}
	stat.UID = owner.Uid
	s.entries = append(s.entries, stat.Entry)
	return nil
}

// invisible says that a process ended while it was looked at, or that it is
// another user's and /proc hides it (hidepid=1).
func invisible(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) ||
		errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
}
