package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Session lists a process and those of its descendants that are in its session.
func Session(pid int) ([]int, error) { return sessionOf(pid) }

// sessionOf lists a process and its descendants in its session. It follows the
// lists of children, which costs little however many other processes there are;
// a kernel without CONFIG_PROC_CHILDREN has none.
func sessionOf(pid int) ([]int, error) {
	first, err := readStat(pid)
	if errors.Is(err, os.ErrProcessDone) {
		return []int{pid}, nil // whoever looks at it sees that
	}
	if err != nil {
		return nil, err
	}
	if unix.Access("/proc/thread-self/children", unix.F_OK) != nil {
		return sessionByTable(pid, first.SID)
	}
	members := []int{pid}
	for i := 0; i < len(members); i++ {
		err := eachThread(members[i], "children", func(_ int, list []byte) error {
			for word := range bytes.FieldsSeq(list) {
				pid, err := strconv.Atoi(string(word))
				if err != nil {
					return fmt.Errorf("children of process %d: %w", members[i], err)
				}
				if s, err := readStat(pid); err == nil && s.SID == first.SID {
					members = append(members, pid)
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			return nil, err
		}
	}
	return members, nil
}

// sessionByTable is sessionOf where the kernel has no lists of children.
func sessionByTable(pid, sid int) ([]int, error) {
	t, err := Snapshot()
	if err != nil {
		return nil, err
	}
	members := []int{pid}
	for _, e := range t.entries {
		if e.SID == sid && e.PID != pid {
			members = append(members, e.PID)
		}
	}
	return members, nil
}

// eachThread reads a file of /proc/PID/task/TID for each thread, 8 KiB of it,
// which is the numbers of a thousand children. The error wraps
// os.ErrProcessDone when the process or one of its threads went meanwhile.
func eachThread(pid int, file string, visit func(tid int, content []byte) error) error {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	fd, err := openat(unix.AT_FDCWD, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return threadError(err, dir)
	}
	defer unix.Close(fd)
	var list, buf [8192]byte
	for {
		n, err := unix.ReadDirent(fd, list[:])
		if err != nil || n <= 0 {
			return threadError(err, dir)
		}
		for name, rest := nextDirent(list[:n]); name != nil; name, rest = nextDirent(rest) {
			tid, err := strconv.Atoi(string(name))
			if err != nil {
				continue // . and ..
			}
			path := string(name) + "/" + file
			content, err := readInto(fd, path, buf[:])
			if err != nil {
				return threadError(err, dir+"/"+path)
			}
			if err := visit(tid, content); err != nil {
				return err
			}
		}
	}
}

func threadError(err error, path string) error {
	if err == nil {
		return nil
	}
	if err == unix.ESRCH || err == unix.ENOENT {
		return os.ErrProcessDone
	}
	return os.NewSyscallError("read "+path, err)
}
