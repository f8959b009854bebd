package fuser

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"forever/internal/proc"
	"forever/internal/sockets"
)

// access tells in which ways a process uses a name.
type access uint8

// The ways, with the letters that show them.
const (
	asFile   access = 1 << iota // f: an open file
	asWriter                    // F: a file open for writing, and every socket
	asRoot                      // r: its root directory
	asCwd                       // c: its current directory
	asExe                       // e: the program that it runs
	asMap                       // m: mapped into its memory, or a shared library
)

// user is a process that uses a name.
type user struct {
	proc.Entry
	access access
}

// answer is what was found for a name.
type answer struct {
	name   Name
	users  []user   // by PID
	mounts []string // mount points that the name stands for, see -m
	err    error    // the name means nothing: no such file, no such service
	unseen bool     // it is used, by somebody whom we may not see
}

// nameError says what is wrong with a name, in psmisc's words.
type nameError string

func (e nameError) Error() string { return string(e) }

// search finds the users of all names in one look. Its own process is never
// among them.
func search(o *Options) ([]answer, error) {
	answers := make([]answer, len(o.Names))
	uses := make([]map[int]access, len(o.Names))
	for i, name := range o.Names {
		answers[i].name, uses[i] = name, make(map[int]access)
	}
	if err := searchSockets(o, answers, uses); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(o.Names, isFile) && !slices.ContainsFunc(uses, some) {
		return answers, nil // that was quick
	}
	table, err := proc.Snapshot()
	if err != nil {
		return nil, err
	}
	searchFiles(o, table, answers, uses)
	for i := range answers {
		answers[i].users = users(table, uses[i])
	}
	return answers, nil
}

func isFile(n Name) bool            { return n.Space == files }
func some(uses map[int]access) bool { return len(uses) > 0 }

// users gives the PIDs their processes; those that ended meanwhile are left out.
func users(table *proc.Table, uses map[int]access) []user {
	var list []user
	for pid, how := range uses {
		if e, ok := table.Get(pid); ok && pid != os.Getpid() {
			list = append(list, user{e, how})
		}
	}
	slices.SortFunc(list, func(a, b user) int { return cmp.Compare(a.PID, b.PID) })
	return list
}

// searchSockets looks for the names that are ports, connections among them.
func searchSockets(o *Options, answers []answer, uses []map[int]access) error {
	filters := make(map[int]filter)
	q := sockets.Query{Connected: true}
	for i := range answers {
		a := &answers[i]
		if a.name.Space == files {
			continue
		}
		f, err := a.name.resolve(o)
		if err != nil {
			a.err = err
			continue
		}
		filters[i] = f
		q.TCP = q.TCP || a.name.Space == tcp
		q.UDP = q.UDP || a.name.Space == udp
		q.Ports = append(q.Ports, f.local)
	}
	if len(filters) == 0 {
		return nil
	}
	if slices.Contains(q.Ports, 0) {
		q.Ports = nil // some name is about any local port
	}
	found, err := sockets.Find(q)
	if err != nil {
		return fmt.Errorf("find who uses the ports: %w", err)
	}
	for i, f := range filters {
		a := &answers[i]
		for _, s := range found.Sockets {
			if s.Proto != a.name.Space || !f.matches(&s) {
				continue
			}
			for _, pid := range s.PIDs {
				uses[i][pid] |= asWriter
			}
			a.unseen = a.unseen || len(s.PIDs) == 0 && s.Listens()
		}
	}
	return nil
}
