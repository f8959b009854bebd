package logs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestHalfALineWaitsAsleep: what has no newline stays in the pipe, and costs hardly
// a wake-up while it does.
func TestHalfALineWaitsAsleep(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "[T]"}})
	write(t, w, "half")
	drain(t, e, "a")
	drain(t, e, "a")
	eventually(t, "the event that comes with the watch to be over", func() bool {
		turns := e.turns.Load()
		time.Sleep(50 * time.Millisecond) // not for something to happen: for nothing to
		return e.turns.Load() == turns
	})
	for i := range 10 {
		write(t, w, fmt.Sprint(i))
		drain(t, e, "a")
	}
	write(t, w, "\n")
	eventually(t, "the whole line", func() bool {
		got, _ := os.ReadFile(path)
		return string(got) == "T: half0123456789\n"
	})
}

// TestPipeFullOfPages has writes that take a page each and more: the pipe is
// full long before its bytes are many.
func TestPipeFullOfPages(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "[T]"}})
	data := strings.Repeat(strings.Repeat("x", 2500), 100)
	written := make(chan error, 1)
	go func() {
		for i := 0; i < len(data); i += 2500 {
			if _, err := w.WriteString(data[i : i+2500]); err != nil {
				written <- err
			}
		}
		_, err := w.WriteString("\n")
		written <- err
	}()
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	settled(t, e, "a", path, 1)
	wantFile(t, path, "T: "+data+"\n")
}

// TestFullDiskBetweenLines loses whole lines and counts their bytes.
func TestFullDiskBetweenLines(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("SKIPPED, needs root to mount a tmpfs: ", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	e := newTestEngine(t, nil)
	path := filepath.Join(dir, "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "[T]"}})
	data := numbered(500 << 10)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	drain(t, e, "a")
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lost, why := e.lost("a")
	kept := strings.ReplaceAll(string(got), "T: ", "")
	if len(kept) < 30<<10 || len(kept)+int(lost) != len(data) || !errors.Is(why, unix.ENOSPC) || !strings.HasSuffix(kept, "\n") {
		t.Errorf("%d bytes written, %d lost of %d: %v", len(kept), lost, len(data), why)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	write(t, w, "after\n")
	drain(t, e, "a")
	wantFile(t, path, "T: after\n")
}

// TestTornLineThatCannotBeCutOff has a file that may only be appended to: what is on
// the disk of a line when that is full stays, and the next line is one of its own.
func TestTornLineThatCannotBeCutOff(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("SKIPPED, needs root to mount a tmpfs: ", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	e := newTestEngine(t, func(c *calls) {
		c.truncate = func(int, int64) error { return unix.EPERM }
	})
	path := filepath.Join(dir, "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "[T]"}})
	write(t, w, "before\n")
	drain(t, e, "a")
	if _, err := w.Write(numbered(500 << 10)); err != nil {
		t.Fatal(err)
	}
	drain(t, e, "a")
	torn, err := os.ReadFile(path)
	if err != nil || bytes.HasSuffix(torn, []byte("\n")) {
		t.Fatalf("no line is torn: %v", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	write(t, w, "after\n")
	drain(t, e, "a")
	write(t, w, "more\n")
	drain(t, e, "a")
	wantFile(t, path, string(torn)+"\nT: after\nT: more\n")
}

// TestLongLineOnADiskThatFails is not gone on with in the middle.
func TestLongLineOnADiskThatFails(t *testing.T) {
	var broken atomic.Bool
	e := newTestEngine(t, func(c *calls) {
		c.open = func(path string) (opened, error) {
			if broken.Load() {
				return opened{}, unix.EIO
			}
			return open(path)
		}
	})
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{Time: "[T]"}})
	if _, err := w.Write(bytes.Repeat([]byte("x"), 100_000)); err != nil {
		t.Fatal(err)
	}
	drain(t, e, "a")
	broken.Store(true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	agePaths(t, e)
	if _, err := w.Write(bytes.Repeat([]byte("y"), 100_000)); err != nil {
		t.Fatal(err)
	}
	drain(t, e, "a")
	broken.Store(false)
	agePaths(t, e)
	write(t, w, "z\nnext\n")
	settled(t, e, "a", path, 2)
	if lost, _ := e.lost("a"); lost == 0 {
		t.Error("nothing is told to be lost")
	}
}

// TestLinesWaitForTheirProcess: no line has another process's PID.
func TestLinesWaitForTheirProcess(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{JSON: true}})
	for pid := 1; pid <= 50; pid++ {
		write(t, w, fmt.Sprint("first of ", pid, "\n"))
		e.process("a", pid)
		write(t, w, fmt.Sprint("last of ", pid))
		e.process("a", 0)
		e.call(func() error { return nil }) // has been told; as spawning takes a while
	}
	for _, line := range settled(t, e, "a", path, 100) {
		var n, pid int
		at := strings.Index(line, " of ")
		if _, err := fmt.Sscanf(line[at:], ` of %d","stream":"","app":"","instance":0,"pid":%d}`, &n, &pid); err != nil || n != pid {
			t.Fatal(line, err)
		}
	}
	write(t, w, "of nobody\n") // does not wait for ever
	settled(t, e, "a", path, 101)
}

// TestLineBehindManyPages has more pages in the pipe than can be looked at.
func TestLineBehindManyPages(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{}})
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, bigPipe); err != nil {
		t.Skip("SKIPPED, the quota for pipes is used up: ", err)
	}
	part := strings.Repeat("x", 2500)
	e.call(func() error { // while the loop is busy with this
		for range 30 {
			write(t, w, part)
		}
		write(t, w, "\n")
		return nil
	})
	settled(t, e, "a", path, 1)
	wantFile(t, path, strings.Repeat(part, 30)+"\n")
}

// TestUnfinishedLineBeforeALongWrite has a program that waits for room in its pipe
// without the kernel's telling anybody.
func TestUnfinishedLineBeforeALongWrite(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: &Lines{}})
	write(t, w, "ready> ")
	eventually(t, "the pipe to be left alone", func() bool {
		left := false
		e.call(func() error { left = e.feeds["a"].state == partial; return nil })
		return left
	})
	long := strings.Repeat("x", 200_000) + "\n"
	w.Fd() // makes it blocking, as the stdout of a program is
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.WriteString(long)
	}()
	await(t, written, "the program to go on")
	drain(t, e, "a")
	wantFile(t, path, "ready> "+long)
}
