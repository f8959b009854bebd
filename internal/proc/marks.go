package proc

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
)

// MarkedProcess is a process that carries the marks that were looked for.
type MarkedProcess struct {
	Entry
	Env map[string]string // its FOREVER_* variables
}

// Marked lists every process of this user, for root of every user, whose
// environment has all marks, sorted by PID. Their descendants inherit the marks
// and are listed too; this process is not, and zombies have no environment.
// Without marks there is nothing to look for.
func Marked(t *Table, marks []string) []MarkedProcess {
	if len(marks) == 0 {
		return nil
	}
	var found []MarkedProcess
	var reader environReader
	for _, e := range t.entries {
		if e.PID == os.Getpid() || e.Ended() || !mayRead(e) {
			continue
		}
		block, err := reader.read(e.PID)
		if err == nil && hasAll(block, marks) {
			found = append(found, MarkedProcess{e, foreverVariables(block)})
		}
	}
	return found
}

// mayRead spares the kernel questions that it would refuse to answer.
func mayRead(e Entry) bool {
	me := os.Geteuid()
	return me == 0 || uint32(me) == e.UID
}

func hasAll(block []byte, marks []string) bool {
	for _, mark := range marks {
		if !hasMark(block, mark) {
			return false
		}
	}
	return true
}

func hasMark(block []byte, mark string) bool {
	for v := range splitEnviron(block) {
		if string(v) == mark {
			return true
		}
	}
	return false
}

func foreverVariables(block []byte) map[string]string {
	env := make(map[string]string)
	for v := range splitEnviron(block) {
		key, value, ok := strings.Cut(string(v), "=")
		if ok && strings.HasPrefix(key, "FOREVER_") {
			env[key] = value
		}
	}
	return env
}

// searchMarks claims what only its environment can explain.
func (f *forest) searchMarks() {
	var reader environReader
	m := newMarkSet(f.queries)
	for i, e := range f.entries {
		if f.owner[i] != nobody || e.Ended() || !f.unexplained(e, m) {
			continue
		}
		var block []byte
		if mayRead(e) {
			block, _ = reader.read(e.PID) // unreadable: no marks, and none of another
		}
		if q := f.explain(e, m, block); q != nobody {
			f.claim(q, i)
		}
	}
}

// unexplained says whether a process that nothing has claimed may still belong
// to a query. Its parent, if that was ours, is dead, or it would have been
// claimed with it. So it was adopted, by a subreaper above Main or by PID 1,
// and either is older than Main.
func (f *forest) unexplained(e Entry, m *markSet) bool {
	if e.Start < m.oldest {
		return false
	}
	if slices.Contains(m.reapers, e.PPID) {
		return true
	}
	first, _ := slices.BinarySearch(m.starts, f.startOf(e.PPID))
	return first < len(m.starts) && m.starts[first] <= e.Start
}

// startOf is when a process started, 0 for one that is not in the table.
func (f *forest) startOf(pid int) uint64 {
	e, _ := f.Get(pid)
	return e.Start
}

// explain finds the query of a process by its environment.
func (f *forest) explain(e Entry, m *markSet, block []byte) int {
	m.look(block)
	for i, q := range f.queries {
		if e.Start < q.Start {
			continue
		}
		if m.has(i) || f.cameBack(e, q) && !contradicts(block, q.Marks) {
			return i
		}
	}
	return nobody
}

// cameBack says whether a process is in the session or group of a Main that is
// gone, and was adopted by its Reaper.
func (f *forest) cameBack(e Entry, q Query) bool {
	return q.Main > 0 && (e.SID == q.Main || e.PGID == q.Main) &&
		q.Reaper != 0 && e.PPID == q.Reaper && f.index(q.Main) < 0
}

// contradicts says whether an environment has another value for one of the marks.
func contradicts(block []byte, marks []string) bool {
	for v := range splitEnviron(block) {
		for _, mark := range marks {
			key := mark[:strings.IndexByte(mark, '=')+1]
			if key != "" && bytes.HasPrefix(v, []byte(key)) && string(v) != mark {
				return true
			}
		}
	}
	return false
}

// markSet looks for the marks of all queries in one pass over an environment.
type markSet struct {
	number  map[string]int // of each different mark
	queries [][]int        // the marks of each query, by number
	present []bool         // by number: seen by the last look
	starts  []uint64       // of the queries with marks, sorted
	oldest  uint64         // of all queries
	reapers []int
}

func newMarkSet(queries []Query) *markSet {
	m := &markSet{number: make(map[string]int), queries: make([][]int, len(queries))}
	m.oldest = math.MaxUint64
	for i, q := range queries {
		m.oldest = min(m.oldest, q.Start)
		for _, mark := range q.Marks {
			if _, ok := m.number[mark]; !ok {
				m.number[mark] = len(m.number)
			}
			m.queries[i] = append(m.queries[i], m.number[mark])
		}
		if len(q.Marks) > 0 {
			m.starts = append(m.starts, q.Start)
		}
		if q.Reaper != 0 && !slices.Contains(m.reapers, q.Reaper) {
			m.reapers = append(m.reapers, q.Reaper)
		}
	}
	slices.Sort(m.starts)
	m.present = make([]bool, len(m.number))
	return m
}

func (m *markSet) look(block []byte) {
	clear(m.present)
	for v := range splitEnviron(block) {
		if n, ok := m.number[string(v)]; ok {
			m.present[n] = true
		}
	}
}

// has says whether the last look saw every mark of a query that has some.
func (m *markSet) has(query int) bool {
	for _, n := range m.queries[query] {
		if !m.present[n] {
			return false
		}
	}
	return len(m.queries[query]) > 0
}
