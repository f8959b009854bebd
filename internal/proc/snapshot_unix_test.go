//go:build unix

package proc

import (
	"errors"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSnapshotKnowsUs(t *testing.T) {
	table, err := Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	me, ok := table.Get(os.Getpid())
	if !ok {
		t.Fatal("we are not there")
	}
	sid, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	if me.PPID != os.Getppid() || me.PGID != unix.Getpgrp() || me.SID != sid ||
		me.UID != uint32(os.Geteuid()) || me.Start == 0 || me.Ended() {
		t.Errorf("%+v does not describe us", me)
	}
	if parent, ok := table.Get(os.Getppid()); ok && parent.Start > me.Start {
		t.Errorf("our parent %+v is younger than %+v", parent, me)
	}
	if _, ok := table.Get(-1); ok {
		t.Error("there is a process -1")
	}
}

func TestZombieHasEnded(t *testing.T) {
	f := start(t, "exit")
	if err := WaitGone(patience(t), []Entry{f.main}); err != nil {
		t.Fatal(err)
	}
	if e := entryFor(t, f.main.PID); !e.Ended() || e.Start != f.main.Start {
		t.Errorf("%+v, want the zombie of %+v", e, f.main)
	}
}

func TestEnviron(t *testing.T) {
	f := start(t, "sleep", "PROC_TEST_A=1=2", "PROC_TEST_EMPTY=")
	env, err := Environ(f.main.PID)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PROC_TEST_A=1=2", "PROC_TEST_EMPTY=", roleVar + "=sleep"} {
		if !slices.Contains(env, want) {
			t.Errorf("no %q in %q", want, env)
		}
	}
	if _, err := Environ(1 << 30); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("of nobody: %v, want os.ErrProcessDone", err)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	b.ReportAllocs()
	seen := 0
	for b.Loop() {
		table, err := Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		seen += len(table.entries)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seen), "ns/process")
}
