package sockets

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Elsewhere returns the sockets that q describes in other network namespaces
// than the caller's (containers, for the most part), with one process of each
// namespace as PIDs: not the holder, but one whose namespace may be entered.
// Namespaces of processes that are private to others stay unseen.
func Elsewhere(q Query) ([]Socket, error) {
	pids, err := allPIDs()
	if err != nil {
		return nil, fmt.Errorf("look into the other network namespaces: %w", err)
	}
	var f Found
	for _, pid := range foreign(pids) {
		before := len(f.Sockets)
		for _, proto := range q.protocols() {
			f.addNamespace(pid, proto, &q)
		}
		for i := range f.Sockets[before:] {
			f.Sockets[before+i].PIDs = []int{pid}
		}
	}
	return f.Sockets, nil
}

// foreign picks from pids one for each network namespace that is not ours.
func foreign(pids []int) []int {
	seen := []uint64{namespace("/proc/self/ns/net")}
	var picked []int
	for _, pid := range pids {
		ns := namespace("/proc/" + strconv.Itoa(pid) + "/ns/net")
		if ns != 0 && !slices.Contains(seen, ns) {
			seen = append(seen, ns)
			picked = append(picked, pid)
		}
	}
	return picked
}

// namespace is the number of the namespace that path stands for; 0 when we may
// not know or the process is gone.
func namespace(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}
