package listener

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// Found is a listening socket of a program.
type Found struct {
	FD   int // a copy, the caller's to close
	Addr netip.AddrPort
	V6   bool
}

// Find copies those sockets of the processes on which they await TCP connections
// and that may have others beside them (SO_REUSEPORT), each once however many of
// the processes have it (pidfd_getfd(2)). What was found comes also with an error.
func Find(pids []int) (found []Found, err error) {
	awaits := map[string]bool{}
	err = eachRow("/proc/self/net", func(c connection, _ uint16) {
		if c.state == listening {
			awaits[c.inode] = true
		}
	})
	for _, pid := range pids {
		for fd, inode := range descriptorsOf(pid) {
			if !awaits[inode] {
				continue
			}
			f, ok, e := find(pid, fd)
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

func find(pid, fd int) (f Found, ok bool, err error) {
	if f.FD, err = proc.Borrow(pid, fd); err != nil {
		return f, false, err
	}
	if shared, e := unix.GetsockoptInt(f.FD, unix.SOL_SOCKET, unix.SO_REUSEPORT); e == nil && shared == 1 {
		f.Addr, f.V6, err = addressOf(f.FD)
		ok = err == nil
	}
	if !ok {
		unix.Close(f.FD)
	}
	return f, ok, err
}

// descriptorsOf are the inodes of a process's sockets by its descriptors. One that
// is gone, or may not be looked at, has none.
func descriptorsOf(pid int) map[int]string {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	inodes := map[int]string{}
	for _, e := range entries {
		// One that is gone by now is no socket any more.
		link, _ := os.Readlink(dir + "/" + e.Name())
		inode, ok := strings.CutPrefix(link, "socket:[")
		if fd, err := strconv.Atoi(e.Name()); ok && err == nil {
			inodes[fd] = strings.TrimSuffix(inode, "]")
		}
	}
	return inodes
}
