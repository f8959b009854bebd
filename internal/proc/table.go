package proc

import (
	"cmp"
	"slices"
)

// Table is one look at all processes. The kernel is asked about one process
// after the other, so a process that forked meanwhile may be missing: who wants
// to find every last one looks again until there is nothing left to find.
type Table struct {
	entries []Entry // by PID
}

// newTable takes the entries over.
func newTable(entries []Entry) *Table {
	byPID := func(a, b Entry) int { return cmp.Compare(a.PID, b.PID) }
	if !slices.IsSortedFunc(entries, byPID) {
		slices.SortFunc(entries, byPID)
	}
	return &Table{entries}
}

// Get is the process that had this PID, if there was one.
func (t *Table) Get(pid int) (Entry, bool) {
	if i := t.index(pid); i >= 0 {
		return t.entries[i], true
	}
	return Entry{}, false
}

// index is the place of a PID in the table, -1 if it is not there.
func (t *Table) index(pid int) int {
	i, ok := slices.BinarySearchFunc(t.entries, pid, func(e Entry, pid int) int {
		return cmp.Compare(e.PID, pid)
	})
	if !ok {
		return -1
	}
	return i
}
