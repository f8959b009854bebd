package logs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"forever/internal/need"
)

// printer is a program that prints numbered lines as fast as it can, and tells how
// many bytes that were.
type printer struct {
	cmd  *exec.Cmd
	stop io.Closer

	printed atomic.Int64
	told    chan struct{} // closed when it has told all
}

func init() { roles["print"] = rolePrint }

// rolePrint prints until its stdin ends, in writes of a certain size, and tells on
// stderr how much it has printed.
func rolePrint(args string) {
	size, err := strconv.Atoi(args)
	if err != nil {
		os.Exit(2)
	}
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	var block []byte
	printed, told := 0, 0
	for i := 0; ; {
		for block = block[:0]; len(block) < size; i++ {
			block = fmt.Appendf(block, "%09d of many\n", i)
		}
		n, err := os.Stdout.Write(block)
		if printed += n; err != nil {
			os.Exit(1)
		}
		if printed-told >= 100_000 {
			told = printed
			fmt.Fprintln(os.Stderr, printed)
		}
		select {
		case <-ended:
			fmt.Fprintln(os.Stderr, printed)
			return
		default:
		}
	}
}

func startPrinter(t *testing.T, w *os.File, size int) *printer {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOGS_TEST_ROLE=print", fmt.Sprint("LOGS_TEST_ARGS=", size))
	cmd.Stdout = w
	stop, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	told, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	p := &printer{cmd: cmd, stop: stop, told: make(chan struct{})}
	go func() {
		defer close(p.told)
		for s := bufio.NewScanner(told); s.Scan(); {
			n, _ := strconv.ParseInt(s.Text(), 10, 64)
			p.printed.Store(n)
		}
	}()
	return p
}

// goesOn returns when the program has printed so much more.
func (p *printer) goesOn(t *testing.T, bytes int64) {
	t.Helper()
	goal := p.printed.Load() + bytes
	eventually(t, "the program to go on", func() bool { return p.printed.Load() >= goal })
}

// end has it end, and returns how much it has printed.
func (p *printer) end(t *testing.T) (printed int) {
	t.Helper()
	p.stop.Close()
	await(t, p.told, "the program's end")
	if err := p.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return int(p.printed.Load())
}

// TestFrozenDisk has a program print to a disk that does not answer for a while, in
// every way in which its output is written.
func TestFrozenDisk(t *testing.T) {
	for name, c := range map[string]struct {
		size  int
		lines *Lines
		copy  bool
	}{
		"raw":         {size: 100},
		"raw, large":  {size: 100_000},
		"raw, copied": {size: 100, copy: true},
		"lines":       {size: 100, lines: &Lines{}},
		"lines, much": {size: 100_000, lines: &Lines{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time they wait
			frozenDisk(t, c.size, c.lines, c.copy)
		})
	}
}

func frozenDisk(t *testing.T, size int, lines *Lines, copies bool) {
	disk := need.FrozenDisk(t)
	e := newTestEngine(t, nil)
	path, other := filepath.Join(disk.Path, "log"), filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path, Lines: lines, Index: true})
	healthy := attach(t, e, "b", Sink{Path: other})
	if copies {
		e.call(func() error { e.feeds["a"].out.copies = true; return nil })
	}
	p := startPrinter(t, w, size)
	p.goesOn(t, 300_000)

	disk.Freeze()
	eventually(t, "the program to print more than pipes hold", func() bool {
		lost, _ := e.lost("a")
		return lost > 1<<20
	})
	write(t, healthy, "in time\n")
	eventually(t, "the log on the other disk", func() bool {
		b, err := os.ReadFile(other)
		return err == nil && string(b) == "in time\n"
	})
	if _, err := e.lost("a"); !errors.Is(err, errSilent) {
		t.Error("told: ", err)
	}
	if err := e.flush("a"); !errors.Is(err, errSilent) {
		t.Errorf("flush: %v", err)
	}
	drain(t, e, "a")
	e.reopenAll()

	disk.Thaw()
	eventually(t, "the disk to answer", func() bool {
		_, err := e.lost("a")
		return errors.Is(err, errWasSilent)
	})
	lost, _ := e.lost("a")
	p.goesOn(t, 1<<20)
	printed := p.end(t)
	drain(t, e, "a")
	again, _ := e.lost("a")
	got, err := os.ReadFile(path)
	if err != nil || len(got)+int(again) != printed || again-lost > 300 { // the rest of a line may be
		t.Errorf("%d bytes in the file, %d lost then, %d now, of %d: %v", len(got), lost, again, printed, err)
	}
	checkNumbers(t, got, lines != nil)
}

// checkNumbers wants lines in their order, and whole ones except where bytes were lost.
func checkNumbers(t *testing.T, got []byte, whole bool) {
	t.Helper()
	last, torn := -1, 0
	for line := range bytes.Lines(got) {
		n, err := strconv.Atoi(strings.TrimSuffix(string(line), " of many\n"))
		if err != nil || len(line) != len("000000000 of many\n") || n <= last {
			torn++ // a part of one and a part of another may look like a third
			continue
		}
		last = n
	}
	if whole && torn > 0 || torn > 1 {
		t.Errorf("%d lines are not whole, or not in order", torn)
	}
}

// TestFrozenDiskAtTheStart attaches a log that cannot be opened now, and lets go of
// others.
func TestFrozenDiskAtTheStart(t *testing.T) {
	disk := need.FrozenDisk(t)
	e := newTestEngine(t, nil)
	old := attach(t, e, "old", Sink{Path: filepath.Join(disk.Path, "old")})
	write(t, old, "before\n")
	drain(t, e, "old")
	disk.Freeze()
	write(t, old, "after\n")
	began := time.Now()
	path := filepath.Join(disk.Path, "new")
	w, err := tryAttach(t, e, "new", Sink{Path: path})
	var sink *SinkError
	if !errors.As(err, &sink) || !errors.Is(err, errSilent) {
		t.Errorf("attach: %v", err)
	}
	write(t, w, "line\n")
	e.detach("old")
	if _, err := e.lost("old"); !errors.Is(err, ErrUnknown) {
		t.Errorf("detached: %v", err)
	}
	attach(t, e, "old", Sink{})
	t.Log("all that while the disk did not answer took", time.Since(began))
	disk.Thaw()
	eventually(t, "the disk to answer", func() bool {
		a, _ := os.ReadFile(path)
		b, _ := os.ReadFile(filepath.Join(disk.Path, "old"))
		return string(a) == "line\n" && string(b) == "before\nafter\n"
	})
	if lost, err := e.lost("new"); lost != 0 || err != nil {
		t.Errorf("lost %d: %v", lost, err)
	}
}

// TestFrozenDiskAtTheEnd closes a pump that waits for a disk.
func TestFrozenDiskAtTheEnd(t *testing.T) {
	disk := need.FrozenDisk(t)
	fds := descriptors(t)
	e := newTestEngine(t, nil)
	w := attach(t, e, "a", Sink{Path: filepath.Join(disk.Path, "a")})
	disk.Freeze()
	write(t, w, "line\n")
	eventually(t, "somebody to wait for the disk", func() bool {
		away := 0
		e.call(func() error { away = len(e.late); return nil })
		return away > 0
	})
	e.close()
	disk.Thaw()
	w.Close()
	eventually(t, "its descriptors to be closed", func() bool { return descriptors(t) <= fds })
}

// TestDiskThatLocksThePipe has a disk that hangs in the middle of a splice, which
// keeps the pipe locked: nobody can look into it or make room. It is played: whoever
// looks at a pipe that the kernel has locked cannot be called back.
func TestDiskThatLocksThePipe(t *testing.T) {
	var hangs atomic.Bool
	answers := make(chan struct{})
	e := newTestEngine(t, func(c *calls) {
		c.splice = func(from, to int, at *int64, n int64) (int64, error) {
			if at != nil && hangs.Load() {
				<-answers
			}
			return spliceTo(from, to, at, n)
		}
		c.pending = func(pipe int) int64 {
			if hangs.Load() {
				<-answers
			}
			return pending(pipe)
		}
	})
	thaw := sync.OnceFunc(func() { hangs.Store(false); close(answers) })
	t.Cleanup(thaw)
	path := filepath.Join(t.TempDir(), "log")
	program := attach(t, e, "a", Sink{Path: path})
	hangs.Store(true)
	write(t, program, "first\n")
	eventually(t, "the pipe to be seen as locked", func() bool {
		away := 0
		e.call(func() error { away = e.away(e.feeds["a"]); return nil })
		return away == 2
	})
	seen := e.now()
	drain(t, e, "a")
	if lost, err := e.lost("a"); lost != 0 || !errors.Is(err, errSilent) {
		t.Errorf("lost %d: %v", lost, err)
	}
	eventually(t, "it to be sure", func() bool { return e.now()-seen > silence })
	thaw()
	write(t, program, "second\n")
	eventually(t, "both lines", func() bool { // a drain does not wait for what is away still
		b, err := os.ReadFile(path)
		return err == nil && string(b) == "first\nsecond\n"
	})
	eventually(t, "it to happen never again", func() bool {
		copies := false
		e.call(func() error { copies = e.feeds["a"].out.copies; return nil })
		return copies
	})
}
