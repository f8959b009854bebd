package sockets

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
)

// Find returns the sockets that q describes, with their holders. A process that
// ends meanwhile is left out. An error means that the kernel tells nothing of
// sockets at all.
func Find(q Query) (Found, error) {
	var f Found
	for _, proto := range q.protocols() {
		if err := f.add(proto, &q); err != nil {
			return Found{}, fmt.Errorf("read the %s sockets: %w", proto, err)
		}
	}
	for _, pid := range foreign(q.PIDs) {
		for _, proto := range q.protocols() {
			f.addNamespace(pid, proto, &q)
		}
	}
	if q.Anonymous || len(f.Sockets) == 0 {
		return f, nil
	}
	if err := f.findHolders(q.PIDs); err != nil {
		return f, err
	}
	if q.PIDs == nil && slices.ContainsFunc(f.Sockets, unheld) {
		return f, f.recheck(&q)
	}
	return f, nil
}

// unheld tells whether no holder of a socket was found that must have one. A
// connection outlives its process for a while.
func unheld(s Socket) bool { return len(s.PIDs) == 0 && s.Listens() && s.Inode != 0 }

// recheck looks again for sockets without a holder: its process may have ended
// since the kernel listed it, and the socket with it, or a child that was not
// there yet may have taken it over.
func (f *Found) recheck(q *Query) error {
	var now Found
	for _, proto := range q.protocols() {
		if err := now.add(proto, q); err != nil {
			return fmt.Errorf("read the %s sockets: %w", proto, err)
		}
	}
	f.Sockets = slices.DeleteFunc(f.Sockets, func(s Socket) bool {
		return unheld(s) && !slices.ContainsFunc(now.Sockets, func(n Socket) bool { return n.Inode == s.Inode })
	})
	if f.Hidden > 0 || !slices.ContainsFunc(f.Sockets, unheld) {
		return nil // the hidden processes explain it
	}
	return f.findHolders(nil)
}

// add puts in the sockets of a protocol. Where sock_diag is missing (an old
// kernel without the module, a sandbox) the text files under /proc/net say the
// same, slower.
func (f *Found) add(proto string, q *Query) error {
	before := len(f.Sockets)
	if diag(proto, q.Connected, f.keep(q)) == nil {
		return nil
	}
	f.Sockets = f.Sockets[:before]
	return procNet("/proc/net/", proto, f.keep(q))
}

// addNamespace puts in the sockets of the network namespace that pid is in; its
// tables go away with pid, and then there is nothing to add.
func (f *Found) addNamespace(pid int, proto string, q *Query) {
	before := len(f.Sockets)
	if procNet("/proc/"+strconv.Itoa(pid)+"/net/", proto, f.keep(q)) != nil {
		f.Sockets = f.Sockets[:before]
	}
}

func (f *Found) keep(q *Query) func(Socket) {
	return func(s Socket) {
		if q.wants(&s) {
			f.Sockets = append(f.Sockets, s)
		}
	}
}

// findHolders searches pids, or all processes, for the found sockets.
func (f *Found) findHolders(pids []int) error {
	inodes := make(map[uint64][]int, len(f.Sockets))
	for i, s := range f.Sockets {
		inodes[s.Inode] = append(inodes[s.Inode], i)
	}
	if pids == nil {
		var err error
		if pids, err = allPIDs(); err != nil {
			return err
		}
	}
	parts := split(pids)
	results := make([]search, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { results[i].run(part, inodes) })
	}
	all.Wait()
	for _, r := range results {
		f.Hidden += r.hidden
		for _, h := range r.held {
			f.hold(h.pid, h.indices)
		}
	}
	return nil
}

// split shares the work out among a few threads: nearly all of it is time in
// the kernel, and a few processes are not worth a thread.
func split(pids []int) [][]int {
	const atLeast, atMost = 16, 8
	threads := max(1, min(runtime.GOMAXPROCS(0), atMost, len(pids)/atLeast))
	return slices.Collect(slices.Chunk(pids, max(1, (len(pids)+threads-1)/threads)))
}

// search is one thread's part of the search for holders.
type search struct {
	held   []holding
	hidden int
}

// holding: the process pid holds the sockets at the indices.
type holding struct {
	pid     int
	indices []int
}

func (s *search) run(pids []int, inodes map[uint64][]int) {
	var r fdReader
	for _, pid := range pids {
		err := r.sockets(pid, func(inode uint64) {
			if indices := inodes[inode]; indices != nil {
				s.held = append(s.held, holding{pid, indices})
			}
		})
		if os.IsPermission(err) {
			s.hidden++
		}
	}
}

// allPIDs lists the processes, in the kernel's order.
func allPIDs() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
