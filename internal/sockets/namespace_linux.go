package sockets

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Elsewhere returns the sockets that q describes in other network namespaces
// than the caller's (containers, for the most part), with one process of each
// namespace as PIDs: not the holder, but one whose namespace may be entered.
// Namespaces of processes that are private to others stay unseen.
//
// All processes have to be asked for it. That is spared where the kernel's own
// count says that the others have not one TCP socket; then UDP is not looked
// for either, unless it alone is wanted.
func Elsewhere(q Query) ([]Socket, error) {
	if q.TCP && alone() {
		return nil, nil
	}
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

// alone tells whether every TCP socket of the machine is in our own namespace,
// by sockstat: "alloc" counts those of all namespaces, "inuse" those of ours
// that are bound or connected. One that is neither makes the answer no.
func alone() bool {
	v4, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return false
	}
	v6, _ := os.ReadFile("/proc/net/sockstat6") // missing without IPv6
	all, ok := count(v4, "TCP:", "alloc")
	ours, _ := count(v4, "TCP:", "inuse")
	ours6, _ := count(v6, "TCP6:", "inuse")
	return ok && all == ours+ours6
}

// count reads a number from a line of the form "TCP: inuse 1 orphan 0 alloc 5".
func count(text []byte, proto, name string) (n uint64, ok bool) {
	for line := range bytes.Lines(text) {
		rest, found := bytes.CutPrefix(line, []byte(proto))
		if !found {
			continue
		}
		_, number, found := bytes.Cut(rest, []byte(" "+name+" "))
		return parseDigits(number), found
	}
	return 0, false
}
