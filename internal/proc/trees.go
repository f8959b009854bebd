package proc

import (
	"cmp"
	"os"
	"slices"
)

// Query describes the processes of one instance.
type Query struct {
	// Main is the PID of its first process, which leads a group and a session
	// of its own, alive or not.
	Main int
	// Start is when Main started; nothing older can descend from it.
	Start uint64
	// Marks are environment strings that all its processes were given, such as
	// "FOREVER_INSTANCE=0". A process belongs to it when it has every one,
	// letter by letter. None: nothing is found by its environment.
	Marks []string
	// Reaper is the PID of the subreaper to which its orphans come back, 0
	// where there is none.
	Reaper int
	// Known are entries that an earlier look found. Those that still live
	// belong to it, whatever has become of their parents since, and they vouch
	// for a session whose leader is gone.
	Known []Entry
}

// Trees finds the processes of several instances in one look. The i-th result
// belongs to the i-th query, sorted by PID, and no process is in two of them.
// It has
//
//   - Main, every process of its session and group, and what lives of Known;
//   - every process that carries all Marks;
//   - every descendant of those, and every process of a session that one of
//     those leads, or of which one is a member after its leader has ended.
//
// A PID that was given away is no Main, and neither is the session or group of
// that number ours. When nobody has the PID any more, that cannot be seen: the
// session is believed where a member has all Marks, is in Known, or came back
// to Reaper without a mark of another instance; without a Reaper always. Who
// needs no belief leaves Main unreaped until its tree is gone.
//
// Zombies are left out, and so are this process and every Reaper. An
// environment is read only of those whom nothing else explains and whose parent
// is older than Main, as an adopter must be, and only once for all queries.
func (t *Table) Trees(queries []Query) [][]Entry {
	f := newForest(t, queries)
	for i := range queries {
		f.seed(i)
	}
	f.searchMarks()
	found := make([][]Entry, len(queries))
	for i, owner := range f.owner {
		if owner >= 0 && !t.entries[i].Ended() {
			found[owner] = append(found[owner], t.entries[i])
		}
	}
	return found
}

// forest is a call of Trees under way. Processes are meant by their place in
// the table.
type forest struct {
	*Table
	queries                      []Query
	owner                        []int // by process: its query, or one of the two below
	byParent, bySession, byGroup index
	keep                         []int // sessions that hold a process of ours
}

const (
	nobody  = -1 // not found, so far
	ourself = -2 // this process or a Reaper: never found
)

func newForest(t *Table, queries []Query) *forest {
	f := &forest{
		Table:     t,
		queries:   queries,
		owner:     slices.Repeat([]int{nobody}, len(t.entries)),
		byParent:  newIndex(t.entries, func(e Entry) int { return e.PPID }),
		bySession: newIndex(t.entries, func(e Entry) int { return e.SID }),
		byGroup:   newIndex(t.entries, func(e Entry) int { return e.PGID }),
	}
	f.exclude(os.Getpid())
	for _, q := range queries {
		f.exclude(q.Reaper)
	}
	return f
}

func (f *forest) exclude(pid int) {
	if i := f.index(pid); i >= 0 && f.owner[i] != ourself {
		f.owner[i] = ourself
		f.keep = append(f.keep, f.entries[i].SID)
	}
}

// seed claims what needs no look at an environment.
func (f *forest) seed(query int) {
	q := f.queries[query]
	for _, known := range q.Known {
		if i := f.index(known.PID); i >= 0 && f.entries[i].Start == known.Start {
			f.claim(query, i)
		}
	}
	main, believed := f.mainOf(q)
	if !believed {
		return
	}
	if main >= 0 {
		f.claim(query, main)
	}
	for _, members := range [][]int{f.bySession.of(q.Main), f.byGroup.of(q.Main)} {
		for _, i := range members {
			if f.entries[i].Start >= q.Start {
				f.claim(query, i)
			}
		}
	}
}

// mainOf finds the first process of an instance, -1 when it is gone, and says
// whether its session can be believed without further proof.
func (f *forest) mainOf(q Query) (main int, believed bool) {
	if q.Main <= 0 {
		return -1, false
	}
	main = f.index(q.Main)
	if main < 0 {
		return -1, q.Reaper == 0
	}
	return main, f.entries[main].Start == q.Start
}

// claim gives a process to a query, and everything that follows from it.
func (f *forest) claim(query, process int) {
	todo := []int{process}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if f.owner[i] != nobody {
			continue
		}
		f.owner[i] = query
		e := f.entries[i]
		for _, child := range f.byParent.of(e.PID) {
			// Windows leaves the number of a dead parent in place.
			if f.entries[child].Start >= e.Start {
				todo = append(todo, child)
			}
		}
		if f.vouches(e) {
			todo = append(todo, f.bySession.of(e.SID)...)
		}
	}
}

// vouches says whether the session of a process that is ours must be ours as a
// whole: it leads the session, or it remains of one whose leader has ended. (A
// person may have given the marks to a command in a shell. Its leader, the
// shell, lives.)
func (f *forest) vouches(e Entry) bool {
	if e.SID <= 0 || slices.Contains(f.keep, e.SID) {
		return false
	}
	leader, ok := f.Get(e.SID)
	return e.SID == e.PID || !ok || leader.Ended()
}

// index finds processes by one of their numbers.
type index struct {
	keys   []int // sorted
	places []int // of the processes with these keys
}

func newIndex(entries []Entry, key func(Entry) int) index {
	x := index{make([]int, len(entries)), make([]int, len(entries))}
	for i := range entries {
		x.places[i] = i
	}
	slices.SortStableFunc(x.places, func(a, b int) int {
		return cmp.Compare(key(entries[a]), key(entries[b]))
	})
	for i, place := range x.places {
		x.keys[i] = key(entries[place])
	}
	return x
}

// of returns the places of all processes with this key.
func (x index) of(key int) []int {
	first, _ := slices.BinarySearch(x.keys, key)
	last := first
	for last < len(x.keys) && x.keys[last] == key {
		last++
	}
	return x.places[first:last]
}
