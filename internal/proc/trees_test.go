package proc

import (
	"os"
	"slices"
	"testing"
)

// The tables of these tests are made up: who is whose child, group and session
// follows from the comment beside it. No such process has an environment that
// could be read, so what is found is found without.

func found(table []Entry, queries ...Query) [][]int {
	var pids [][]int
	for _, entries := range newTable(table).Trees(queries) {
		var list []int
		for _, e := range entries {
			list = append(list, e.PID)
		}
		pids = append(pids, list)
	}
	return pids
}

func checkTrees(t *testing.T, table []Entry, queries []Query, want ...[]int) {
	t.Helper()
	got := found(table, queries...)
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("found %v, want %v", got, want)
	}
}

const (
	base = 1 << 28 // PIDs from here on are nobody's
	shim = base + 1
)

func process(pid, ppid, pgid, sid int, start uint64) Entry {
	return Entry{PID: base + pid, PPID: base + ppid, PGID: base + pgid, SID: base + sid, Start: start, State: 'S'}
}

func TestTreeOfAFamily(t *testing.T) {
	checkTrees(t, []Entry{
		process(1, 0, 1, 1, 10),    // the shim
		process(50, 1, 50, 50, 20), // main
		process(51, 50, 50, 50, 21),
		process(52, 51, 52, 50, 22), // a group of its own
		process(53, 52, 53, 53, 23), // a session of its own
		process(54, 53, 53, 53, 24),
		process(55, 1, 50, 50, 25), // an orphan in the session
		process(56, 1, 53, 53, 26), // an orphan in the session of a descendant
		process(60, 1, 60, 60, 20), // another instance
		process(61, 60, 60, 60, 21),
	}, []Query{
		{Main: base + 50, Start: 20, Reaper: shim},
		{Main: base + 60, Start: 20, Reaper: shim},
	}, []int{base + 50, base + 51, base + 52, base + 53, base + 54, base + 55, base + 56}, []int{base + 60, base + 61})
}

func TestTreeLeavesZombiesOut(t *testing.T) {
	zombie := process(50, 1, 50, 50, 20)
	zombie.State = 'Z'
	checkTrees(t, []Entry{
		process(1, 0, 1, 1, 10),
		zombie,                     // main, and its session with it
		process(55, 1, 50, 50, 25), // is believed
	}, []Query{{Main: base + 50, Start: 20, Reaper: shim}}, []int{base + 55})
}

func TestTreeOfARecycledPID(t *testing.T) {
	checkTrees(t, []Entry{
		process(1, 0, 1, 1, 10),
		process(50, 9, 50, 50, 99), // a stranger leads that number now
		process(51, 50, 50, 50, 99),
	}, []Query{{Main: base + 50, Start: 20, Reaper: shim}}, nil)
}

// A daemon is in a session whose leader has ended; its number may be that of a
// main that has ended, too.
func TestTreeOfASessionWithoutLeader(t *testing.T) {
	table := []Entry{
		process(1, 0, 1, 1, 10),
		process(2, 0, 2, 2, 1),
		process(51, 2, 50, 50, 21), // adopted by somebody else
		process(52, 51, 50, 50, 22),
	}
	query := Query{Main: base + 50, Start: 20, Reaper: shim}
	checkTrees(t, table, []Query{query}, nil)

	query.Known = []Entry{process(52, 51, 50, 50, 22)}
	checkTrees(t, table, []Query{query}, []int{base + 51, base + 52})

	query.Known[0].Start++
	checkTrees(t, table, []Query{query}, nil)

	query.Known, query.Reaper = nil, 0
	checkTrees(t, table, []Query{query}, []int{base + 51, base + 52})

	query.Start = 30 // older than main
	checkTrees(t, table, []Query{query}, nil)

	table[2].PPID = shim // came back to us
	query.Start, query.Reaper = 20, shim
	checkTrees(t, table, []Query{query}, []int{base + 51, base + 52})
}

// Known keeps hold of what has lost every other tie.
func TestTreeOfTheKnown(t *testing.T) {
	table := []Entry{
		process(1, 0, 1, 1, 10),
		process(50, 1, 50, 50, 20),
		process(70, 1, 70, 70, 30),
		process(71, 70, 71, 71, 31),
	}
	query := Query{Main: base + 50, Start: 20, Reaper: shim}
	checkTrees(t, table, []Query{query}, []int{base + 50})
	query.Known = []Entry{table[2]}
	checkTrees(t, table, []Query{query}, []int{base + 50, base + 70, base + 71})
}

// A session is not ours because one process in it is.
func TestTreeSparesAStrangersSession(t *testing.T) {
	table := []Entry{
		process(1, 0, 1, 1, 10),
		process(50, 1, 50, 50, 20),
		process(80, 9, 80, 80, 30), // a shell
		process(81, 80, 81, 80, 31),
		process(82, 80, 82, 80, 32),
	}
	query := Query{Main: base + 50, Start: 20, Reaper: shim, Known: []Entry{table[3]}}
	checkTrees(t, table, []Query{query}, []int{base + 50, base + 81})
}

// The leader of a double-forked child has ended and waits to be reaped.
func TestTreeOfASessionWithADeadLeader(t *testing.T) {
	leader := process(70, 1, 70, 70, 30)
	leader.State = 'Z'
	known := process(71, 1, 70, 70, 31)
	checkTrees(t, []Entry{
		process(1, 0, 1, 1, 10),
		process(50, 1, 50, 50, 20),
		leader,
		known,
		process(72, 1, 72, 70, 31),
	}, []Query{{Main: base + 50, Start: 20, Reaper: shim, Known: []Entry{known}}}, []int{base + 50, base + 71, base + 72})
}

func TestTreeNeverHasUs(t *testing.T) {
	us := Entry{PID: os.Getpid(), PPID: base + 50, PGID: base + 50, SID: base + 50, Start: 21, State: 'S'}
	child := Entry{PID: base + 90, PPID: us.PID, PGID: base + 90, SID: base + 90, Start: 22, State: 'S'}
	checkTrees(t, []Entry{process(50, 1, 50, 50, 20), us, process(51, 50, 50, 50, 21), child},
		[]Query{{Main: base + 50, Start: 20, Reaper: base + 51}}, []int{base + 50})
}

func TestTreeOfNothing(t *testing.T) {
	table := []Entry{{PID: base, State: 'S'}, {PID: base + 1, State: 'S'}}
	checkTrees(t, table, []Query{{}, {Main: -1}}, nil, nil)
	checkTrees(t, nil, []Query{{Main: base, Start: 1}}, nil)
	checkTrees(t, table, nil)
}

func TestContradicts(t *testing.T) {
	block := []byte("A=1\x00FOREVER_UID=x\x00FOREVER_INSTANCE=0\x00")
	for mark, want := range map[string]bool{
		"FOREVER_UID=x": false, "FOREVER_UID=y": true, "FOREVER_UI=x": false, "FOREVER_ROOT=/": false, "x": false,
	} {
		if got := contradicts(block, []string{mark}); got != want {
			t.Errorf("%q: %v, want %v", mark, got, want)
		}
	}
	if contradicts(nil, []string{"A=1"}) {
		t.Error("an unreadable environment contradicts")
	}
}

func BenchmarkTrees(b *testing.B) {
	table := []Entry{process(1, 0, 1, 1, 10)}
	var queries []Query
	for pid := 10; pid < 1010; pid += 2 {
		table = append(table, process(pid, 1, pid, pid, 20), process(pid+1, pid, pid, pid, 21))
		queries = append(queries, Query{Main: base + pid, Start: 20, Reaper: shim, Marks: []string{"A=1", "B=2"}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if n := len(newTable(table).Trees(queries)[0]); n != 2 {
			b.Fatal(n)
		}
	}
}
