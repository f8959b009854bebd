package sockets

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"

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
	if len(pids) == 0 {
		return nil
	}
	proc, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(proc)
	own := namespace(proc, "self")
	parts := split(pids)
	found := make([][]member, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { found[i] = members(proc, part, own) })
	}
	all.Wait()
	seen := []uint64{own}
	var picked []int
	for _, m := range slices.Concat(found...) {
		if !slices.Contains(seen, m.namespace) {
			seen = append(seen, m.namespace)
			picked = append(picked, m.pid)
		}
	}
	return picked
}

// member is a process in a network namespace.
type member struct {
	pid       int
	namespace uint64
}

// members are those of pids that are in another namespace than own and may be
// looked at.
func members(proc int, pids []int, own uint64) []member {
	var list []member
	for _, pid := range pids {
		if ns := namespace(proc, strconv.Itoa(pid)); ns != 0 && ns != own {
			list = append(list, member{pid, ns})
		}
	}
	return list
}

// namespace is the number of a process's network namespace, from the text of the
// link "net:[4026531840]": to follow it costs several times as much. 0 when we
// may not know or the process is gone.
func namespace(proc int, pid string) uint64 {
	var link [64]byte
	n, err := unix.Readlinkat(proc, pid+"/ns/net", link[:])
	if err != nil {
		return 0
	}
	digits, _ := bytes.CutPrefix(link[:n], []byte("net:["))
	return parseDigits(digits)
}
