package pidfile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A process that is killed while it saves leaves the old file or the new one,
// and what else it leaves goes when the next process saves.
func TestKilledWhileSaving(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	for round := range 10 {
		c := startChild(t, "saver", func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "STATE="+path) })
		for range round + 1 {
			if said := c.line(t); said != "saved" {
				t.Fatalf("child said %q", said)
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.end()
		s, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint("app-", s.NextID-1000)
		for _, a := range s.Apps {
			if a.Name != want {
				t.Fatalf("%q in a state of %q", a.Name, want)
			}
		}
		if len(s.Apps) != 200 {
			t.Errorf("%d apps", len(s.Apps))
		}
	}
	if err := Save(path, &State{}); err != nil {
		t.Fatal(err)
	}
	noFiles(t, dir, "state.json")
}

func TestLeftoversOfTheDead(t *testing.T) {
	self := identify(t, os.Getpid())
	temp := func(pid int, start uint64) string {
		return fmt.Sprintf("%s%d-%d-1%s", tempPrefix, pid, start, tempSuffix)
	}
	c := startChild(t, "wait", nil)
	c.line(t)
	dead := identify(t, c.Process.Pid)
	c.end()
	dir := t.TempDir()
	keep := []string{
		temp(self.PID, self.Start), // another part of this process may be writing it
		".forever-x.tmp", ".forever-1-2-3-4.tmp", ".forever-1-2-3", "file",
		tempPrefix + "1--1" + tempSuffix,
	}
	for _, name := range append(keep, temp(dead.PID, dead.Start), temp(self.PID, self.Start+1)) {
		writeFile(t, filepath.Join(dir, name), "x")
	}
	if err := WriteAtomic(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	noFiles(t, dir, keep...)
	for _, name := range keep {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("gone: %v", err)
		}
	}
}

// After exec(3) this process may find files of its own name.
func TestTempNameIsTaken(t *testing.T) {
	self := identify(t, os.Getpid())
	dir := t.TempDir()
	next := temps.count.Load() + 1
	taken := fmt.Sprintf("%s%d-%d-%d%s", tempPrefix, self.PID, self.Start, next, tempSuffix)
	writeFile(t, filepath.Join(dir, taken), "x")
	if err := WriteAtomic(filepath.Join(dir, "file"), []byte("y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := readFile(t, filepath.Join(dir, taken)); text != "x" {
		t.Errorf("the other file holds %q", text)
	}
}
