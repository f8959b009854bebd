package listener

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// Found is a listening socket of a program.
type Found struct {
	FD int // a copy, the caller's to close
	Address
}

// Find copies those sockets of the processes of an app on which they await
// connections and that were made by OpenUnix with its name, or that may have others
// of TCP beside them (SO_REUSEPORT); each once, however many of the processes have
// it (pidfd_getfd(2)). What was found comes also with an error.
func Find(pids []int, owner string) (found []Found, err error) {
	awaits, err := awaiting()
	for _, pid := range pids {
		for fd, inode := range descriptorsOf(pid) {
			if !awaits[inode] {
				continue
			}
			f, ok, e := find(pid, fd, owner)
			if e != nil {
				err = e
				continue
			}
			delete(awaits, inode)
			if ok {
				found = append(found, f)
			}
		}
	}
	return found, err
}

// awaiting is the set of the inodes of all sockets that await connections.
func awaiting() (inodes map[string]bool, err error) {
	inodes = map[string]bool{}
	err = eachRow("/proc/self/net", func(c connection, _ uint16) {
		if c.state == listening {
			inodes[c.inode] = true
		}
	})
	rows, e := unixSockets()
	for inode, row := range rows {
		if row.listening {
			inodes[inode] = true
		}
	}
	return inodes, errors.Join(err, e)
}

func find(pid, fd int, owner string) (f Found, ok bool, err error) {
	if f.FD, err = proc.Borrow(pid, fd); err != nil {
		return f, false, err
	}
	if f.Address, err = addressOf(f.FD); err == nil {
		ok = shared(pid, &f, owner)
	}
	if !ok {
		unix.Close(f.FD)
	}
	return f, ok, err
}

// shared tells whether a socket is one of ours; a relative path is made absolute.
func shared(pid int, f *Found, owner string) bool {
	if !f.IsUnix() {
		on, err := unix.GetsockoptInt(f.FD, unix.SOL_SOCKET, unix.SO_REUSEPORT)
		return err == nil && on == 1
	}
	b := Bind{PID: pid, Address: f.Address}
	if !b.completePath() {
		return false
	}
	f.Address = b.Address
	return !f.IsFile() || unix.Access(KeepName(f.Path, owner), unix.F_OK) == nil
}

// descriptorsOf are the inodes of a process's sockets by its descriptors. One that
// is gone, or may not be looked at, has none.
func descriptorsOf(pid int) map[int]string {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil
	}
	inodes := map[int]string{}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if inode := inodeOf(pid, fd); inode != "" && err == nil {
			inodes[fd] = inode
		}
	}
	return inodes
}

// inodeOf is the inode of a process's socket; empty: it is no socket, or not any more.
func inodeOf(pid, fd int) string {
	link, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	inode, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(inode, "]")
}
