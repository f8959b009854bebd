//go:build unix

package proc

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// instance starts a family with marks and returns the query that describes it.
func instance(t *testing.T, role string, index int) (*family, Query) {
	t.Helper()
	marks := []string{
		fmt.Sprintf("FOREVER_ROOT=/test/%d/%d", os.Getpid(), time.Now().UnixNano()),
		"FOREVER_UID=abc",
		fmt.Sprintf("FOREVER_INSTANCE=%d", index),
	}
	f := start(t, role, marks...)
	return f, Query{Main: f.main.PID, Start: f.main.Start, Marks: marks, Reaper: os.Getpid()}
}

func tableNow(t *testing.T) *Table {
	t.Helper()
	table, err := Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func checkFamily(t *testing.T, what string, got []Entry, want []int) {
	t.Helper()
	if !slices.Equal(pidsOf(got), want) {
		t.Errorf("%s: found %v, want %v", what, got, want)
	}
}

func TestTreesFindsEveryEscape(t *testing.T) {
	needSubreaper(t)
	const role = "plain/sleep.a" + // in the group
		"+group/plain/group/sleep.b" + // other groups, same session
		"+session/clear/plain/sleep.c" + // an own session, environment cleared
		"+session/orphan/session/clear/group/sleep.d" // double-forked, environment cleared below
	f, query := instance(t, role, 0)
	_, other := instance(t, "plain/sleep", 1)
	stranger := startWith(t, "plain/sleep", nil) // in our own group and session

	got := tableNow(t).Trees([]Query{query, other})
	checkFamily(t, "the family", got[0], f.pids(role, "sleep.a",
		"plain/group/sleep.b", "group/sleep.b", "sleep.b",
		"clear/plain/sleep.c", "plain/sleep.c", "sleep.c",
		"session/clear/group/sleep.d", "clear/group/sleep.d", "group/sleep.d", "sleep.d"))
	if len(got[1]) != 2 {
		t.Errorf("the other instance: found %v, want 2", got[1])
	}
	for _, e := range slices.Concat(got...) {
		if e.PID == os.Getpid() || e.PID == stranger.main.PID {
			t.Errorf("found %v", e)
		}
	}
}

// What is left when main has been reaped is found by its marks, and what came
// back to us in its session without any.
func TestTreesAfterMain(t *testing.T) {
	needSubreaper(t)
	const role = "clear/sleep.a+session/orphan/sleep.b"
	f, query := instance(t, role, 0)
	if err := SignalAll([]Entry{f.main}, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	f.cmd.Wait()
	want := f.pids("sleep.a", "sleep.b")
	got := tableNow(t).Trees([]Query{query})[0]
	checkFamily(t, "with marks", got, want)

	query.Marks = []string{"FOREVER_UID=another"}
	checkFamily(t, "with other marks", tableNow(t).Trees([]Query{query})[0], f.pids("sleep.a"))

	query.Known = got
	checkFamily(t, "with known ones", tableNow(t).Trees([]Query{query})[0], want)

	query.Start++
	query.Known = nil
	query.Main = 0
	checkFamily(t, "without main", tableNow(t).Trees([]Query{query})[0], nil)
}

func TestTreesLeavesNobody(t *testing.T) {
	needSubreaper(t)
	_, query := instance(t, "group/session/orphan/clear/sleep.a+session/orphan/plain/sleep.b", 0)
	for range 10 {
		found := tableNow(t).Trees([]Query{query})[0]
		if len(found) == 0 {
			return
		}
		if err := SignalAll(found, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := WaitGone(patience(t), found); err != nil {
			t.Fatal(err)
		}
		query.Known = found
	}
	t.Error("there is always somebody left")
}

func TestMarked(t *testing.T) {
	f, query := instance(t, "session/sleep.a+clear/sleep.b", 4)
	got := Marked(tableNow(t), query.Marks)
	var pids []int
	for _, p := range got {
		pids = append(pids, p.PID)
		if p.Env["FOREVER_INSTANCE"] != "4" || p.Env["FOREVER_UID"] != "abc" || len(p.Env) < 3 {
			t.Errorf("%v: variables %v", p.Entry, p.Env)
		}
	}
	if want := f.pids("session/sleep.a+clear/sleep.b", "sleep.a"); !slices.Equal(pids, want) {
		t.Errorf("found %v, want %v", pids, want)
	}
	for _, marks := range [][]string{nil, {query.Marks[0], "FOREVER_UID=ab"}, {"FOREVER_ROOT"}} {
		if got := Marked(tableNow(t), marks); len(got) > 0 {
			t.Errorf("with %q: found %v", marks, got)
		}
	}
}

func needSubreaper(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: orphans go to process 1 here")
	}
}
