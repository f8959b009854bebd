package faults

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/need"
)

// torrent prints numbered lines, much faster than a pipe is filled but not a disk,
// and keeps how many bytes that were in the file that its argument names.
func torrent(args []string) int {
	report, err := os.Create(args[0])
	if err != nil {
		return 2
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	hello("torrent")
	printed, told := 0, 0
	tell := func() {
		told = printed
		fmt.Fprintln(report, printed)
	}
	tick := time.NewTicker(time.Millisecond)
	for i := 1; ; i++ {
		if i%300 == 0 {
			<-tick.C
		}
		n, err := fmt.Printf("%09d of many\n", i)
		if printed += n; err != nil {
			return 1
		}
		if printed-told >= 100_000 {
			tell()
		}
		select {
		case <-c:
			tell()
			return 0
		default:
		}
	}
}

// printed is what a torrent says that it has printed.
func printed(t *testing.T, report string) (bytes int) {
	t.Helper()
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(text))
	if len(lines) == 0 {
		return 0
	}
	bytes, err = strconv.Atoi(lines[len(lines)-1])
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// until looks again and again until something is so.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	for again := time.NewTicker(10 * time.Millisecond); !is(); {
		select {
		case <-again.C:
		case <-w.ctx.Done():
			w.t.Fatal("waited too long for: ", what)
		}
	}
}

// lostOf is how many bytes an app is said to have lost.
func (w *world) lostOf(name string) (lost int) {
	w.t.Helper()
	fmt.Sscanf(w.instance(name).Note, "%d bytes of its output", &lost)
	return lost
}

// frozenWorld has a torrent whose logs are on a disk that does not answer, which has
// lost something by it.
func frozenWorld(t *testing.T) (w *world, disk *need.Disk, report string) {
	w = newWorld(t)
	disk = need.FrozenDisk(t) // it goes first: what waits for it cannot be killed
	report = filepath.Join(w.dir, "report")
	w.start("torrent", []string{"-o", filepath.Join(disk.Path, "out"), "-e", filepath.Join(disk.Path, "err")}, "torrent", report)
	w.start("lines", nil, "lines", "1000")
	w.until("the torrent to print", func() bool { return printed(t, report) > 1<<20 })
	disk.Freeze()
	w.until("something to be lost", func() bool { return w.lostOf("torrent") > 0 })
	return w, disk, report
}

// While a disk does not answer, the program whose log is there goes on, and so do all
// others and the commands.
func TestFrozenDisk(t *testing.T) {
	t.Parallel()
	w, disk, report := frozenWorld(t)
	goal := printed(t, report) + 4<<20
	w.until("the torrent to go on", func() bool { return printed(t, report) > goal })
	seen := len(w.read("logs/lines-out.log"))
	w.until("lines on another disk", func() bool { return len(w.read("logs/lines-out.log")) > seen })
	for _, command := range []string{"list", "describe"} {
		args := []string{command}
		if command == "describe" {
			args = append(args, "torrent")
		}
		if a := w.must(args...); !strings.Contains(a.out, "the disk does not answer") {
			t.Errorf("%s does not tell: %s", command, a.out)
		}
	}
	if a := w.run("flush", "torrent"); a.code == 0 || !strings.Contains(a.err, "the disk does not answer") {
		t.Errorf("flush: %v", a)
	}
	w.must("reload-logs")
	w.start("other", nil, "sleep")
	w.must("flush", "other")
	w.must("stop", "other")
	w.must("restart", "lines")
	w.start("late", []string{"-o", filepath.Join(disk.Path, "late")}, "sleep")
	w.must("delete", "late")

	disk.Thaw()
	w.until("the disk to answer", func() bool {
		return strings.Contains(w.instance("torrent").Note, "the disk did not answer for some time")
	})
	lost := w.lostOf("torrent")
	goal = printed(t, report) + 1<<20
	w.until("the torrent to go on", func() bool { return printed(t, report) > goal })
	w.must("stop", "torrent")
	out, err := os.ReadFile(filepath.Join(disk.Path, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if total := printed(t, report); len(out)+w.lostOf("torrent") != total || w.lostOf("torrent") != lost {
		t.Errorf("%d bytes are in the log, %d lost, of %d: %s", len(out), lost, total, w.instance("torrent").Note)
	}
	inOrder(t, out)
	w.must("stopall")
	w.checkLines("lines")
	w.pairGone()
}

// inOrder wants a torrent's lines in order, and none twice.
func inOrder(t *testing.T, log []byte) {
	t.Helper()
	last, torn := 0, 0
	for line := range bytes.Lines(log) {
		n, err := strconv.Atoi(strings.TrimSuffix(string(line), " of many\n"))
		if err != nil || len(line) != len("000000000 of many\n") || n <= last {
			torn++ // a part of one and a part of another may look like a third
			continue
		}
		last = n
	}
	if torn > 1 {
		t.Errorf("%d lines are not whole, or not in order", torn)
	}
}

// A supervisor that is killed while it waits for a disk ends when that answers. The
// next one goes on where it was.
func TestSupervisorKilledWhileTheDiskIsFrozen(t *testing.T) {
	t.Parallel()
	w, disk, report := frozenWorld(t)
	program, before := w.hold(w.pid("torrent")), w.ping()
	if err := syscall.Kill(before.SupervisorPID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if n := len(w.supervisors()); n > 1 {
		t.Errorf("%d supervisors", n)
	}
	disk.Thaw()
	if now := w.ping(); now.SupervisorPID == before.SupervisorPID || now.ShimPID != before.ShimPID {
		t.Errorf("in charge is %+v, before it was %+v", now, before)
	}
	goal := printed(t, report) + 1<<20
	w.until("the torrent to go on", func() bool { return printed(t, report) > goal })
	if program.Exited() {
		t.Error("the program has ended")
	}
	w.must("stopall")
	out, err := os.ReadFile(filepath.Join(disk.Path, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if last := fmt.Sprintf("%09d of many\n", printed(t, report)/len("000000000 of many\n")); !strings.HasSuffix(string(out), last) {
		t.Errorf("the log ends with %q, not with %q", out[max(len(out)-60, 0):], last)
	}
	inOrder(t, out)
	w.checkLines("lines")
	w.pairGone()
}
