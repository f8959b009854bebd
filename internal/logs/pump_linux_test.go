package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// agePaths lets the engine believe that it has not looked at its paths for long.
func agePaths(t *testing.T, e mover) {
	switch e := e.(type) {
	case *engine:
		e.call(func() error {
			for _, f := range e.feeds {
				f.looked, f.tried = -time.Hour, -time.Hour
			}
			return nil
		})
	case *plainEngine:
		agePlainPaths(e)
	}
}

// newTestEngine starts an engine, with some calls of the kernel replaced.
func newTestEngine(t testing.TB, replace func(*calls)) *engine {
	t.Helper()
	sys := kernel()
	if replace != nil {
		replace(&sys)
	}
	e, err := startEngine(sys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	return e
}

// TestDiskThatFails lets writes fail for a while: it is full, has become
// read-only, or is broken.
func TestDiskThatFails(t *testing.T) {
	for _, why := range []unix.Errno{unix.ENOSPC, unix.EROFS, unix.EIO} {
		t.Run(why.Error(), func(t *testing.T) { failingDisk(t, why) })
	}
}

func failingDisk(t *testing.T, why error) {
	var fails atomic.Bool
	e := newTestEngine(t, func(c *calls) {
		c.splice = func(from, to int, at *int64, n int64) (int64, error) {
			if at != nil && fails.Load() {
				return 0, why
			}
			return spliceTo(from, to, at, n)
		}
	})
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path})
	write(t, w, "before\n")
	drain(t, e, "a")
	fails.Store(true)
	data := numbered(1 << 20) // more than the pipe holds
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	drain(t, e, "a")
	fails.Store(false)
	write(t, w, "after\n")
	drain(t, e, "a")
	wantFile(t, path, "before\nafter\n")
	if n, err := e.lost("a"); n != uint64(len(data)) || !errors.Is(err, why) {
		t.Errorf("lost %d of %d: %v", n, len(data), err)
	}
}

// TestSlowDisk holds nobody up while there is room in the pipe, nor who asks what
// is lost, and loses nothing.
func TestSlowDisk(t *testing.T) {
	slow, entered := make(chan struct{}), make(chan struct{}, 1000)
	answer := sync.OnceFunc(func() { close(slow) })
	defer answer()
	e := newTestEngine(t, func(c *calls) {
		c.splice = func(from, to int, at *int64, n int64) (int64, error) {
			if at != nil {
				entered <- struct{}{}
				<-slow
			}
			return spliceTo(from, to, at, n)
		}
	})
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path})
	data := string(numbered(50 << 10))
	write(t, w, data[:1000])
	await(t, entered, "the disk")
	write(t, w, data[1000:])
	if n, err := e.lost("a"); n != 0 || err != nil {
		t.Errorf("lost %d: %v", n, err)
	}
	answer()
	drain(t, e, "a")
	wantFile(t, path, data)
}

// TestReadOnlyFileSystem lets the program run, counts, and writes when it can.
func TestReadOnlyFileSystem(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "size=4m"); err != nil {
			t.Skip("SKIPPED, needs root to mount a tmpfs: ", err)
		}
		defer unix.Unmount(dir, unix.MNT_DETACH)
		path := filepath.Join(dir, "log")
		w, err := tryAttach(t, e, "a", Sink{Path: path, Index: true, Rotate: Rotation{Size: 1000, Files: 2}})
		if _, why := e.lost("a"); !errors.Is(err, unix.EROFS) || why == nil || why.Error() != err.Error() {
			t.Fatalf("attached: %v; told: %v", err, why)
		}
		data := numbered(1 << 20) // more than the pipe holds
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		drain(t, e, "a")
		if n, err := e.lost("a"); n != uint64(len(data)) || !errors.Is(err, unix.EROFS) {
			t.Errorf("lost %d of %d: %v", n, len(data), err)
		}
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT, ""); err != nil {
			t.Fatal(err)
		}
		agePaths(t, e)
		write(t, w, "after\n")
		drain(t, e, "a")
		wantFile(t, path, "after\n")
		if n, _ := e.lost("a"); n != uint64(len(data)) {
			t.Errorf("lost %d of %d", n, len(data))
		}
	})
}

// TestFullTmpfs fills a real file system.
func TestFullTmpfs(t *testing.T) {
	everyEngine(t, func(t *testing.T, e mover) {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Skip("SKIPPED, needs root to mount a tmpfs: ", err)
		}
		defer unix.Unmount(dir, unix.MNT_DETACH)
		path := filepath.Join(dir, "log")
		w := attach(t, e, "a", Sink{Path: path})
		data := numbered(3 << 20)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		drain(t, e, "a")
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lost, why := e.lost("a")
		if !bytes.HasPrefix(data, got) || len(got)+int(lost) != len(data) || !errors.Is(why, unix.ENOSPC) {
			t.Errorf("%d bytes written, %d lost of %d: %v", len(got), lost, len(data), why)
		}
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		write(t, w, "after\n")
		drain(t, e, "a")
		wantFile(t, path, "after\n")
	})
}

// TestFileSystemWithoutSplice writes through memory.
func TestFileSystemWithoutSplice(t *testing.T) {
	e := newTestEngine(t, func(c *calls) {
		c.splice = func(from, to int, at *int64, n int64) (int64, error) {
			if at != nil {
				return 0, unix.EINVAL
			}
			return spliceTo(from, to, at, n)
		}
	})
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path})
	data := numbered(1 << 20)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	e.detach("a")
	wantFile(t, path, string(data))
}

// TestFairness writes one line while another program writes without end.
func TestFairness(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	loud := attach(t, e, "loud", Sink{Path: os.DevNull})
	shy := attach(t, e, "shy", Sink{Path: path})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for block := make([]byte, 1<<20); ; {
			if _, err := loud.Write(block); err != nil {
				return
			}
		}
	}()
	for range 10 {
		write(t, shy, "x")
		drain(t, e, "shy")
	}
	wantFile(t, path, "xxxxxxxxxx")
	e.close() // nobody reads any more
	await(t, ended, "the loud program")
}

// TestDrainOfALoudPipe comes to an end although the program writes on.
func TestDrainOfALoudPipe(t *testing.T) {
	e := newTestEngine(t, nil)
	w := attach(t, e, "a", Sink{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for block := make([]byte, 1<<20); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}()
	for range 10 {
		drain(t, e, "a")
	}
	e.detach("a")
	await(t, ended, "the loud program")
}

// TestStoppedTerminal has a copy that nobody reads: it holds up its own program
// only, and a drain not for ever.
func TestStoppedTerminal(t *testing.T) {
	e := newTestEngine(t, nil)
	dir := t.TempDir()
	r, also, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stopped := attach(t, e, "stopped", Sink{Path: filepath.Join(dir, "stopped"), Also: also})
	other := attach(t, e, "other", Sink{Path: filepath.Join(dir, "other")})
	data := numbered(4 << 20)
	written := make(chan error, 1)
	go func() {
		_, err := stopped.Write(data)
		written <- err
	}()
	write(t, other, "x")
	drain(t, e, "other")
	wantFile(t, filepath.Join(dir, "other"), "x")
	select {
	case <-written:
		t.Error("4 MiB went past a terminal that shows nothing")
	default:
	}
	drain(t, e, "stopped") // lets the bytes by
	go io.Copy(io.Discard, r)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	e.detach("stopped")
	wantFile(t, filepath.Join(dir, "stopped"), string(data))
}

// TestStreams writes to paths that are no files.
func TestStreams(t *testing.T) {
	e := newTestEngine(t, nil)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w := attach(t, e, "a", Sink{Path: fifo})
	data := numbered(1 << 20)
	go w.Write(data)
	got := make([]byte, len(data))
	if _, err := io.ReadFull(reader, got); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the FIFO brought other bytes: %v", err)
	}
	full := attach(t, e, "b", Sink{Path: "/dev/full"})
	write(t, full, "12345")
	drain(t, e, "b")
	if n, err := e.lost("b"); n != 5 || !errors.Is(err, unix.ENOSPC) {
		t.Errorf("/dev/full: lost %d, %v", n, err)
	}
}

func TestLinks(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"good": "file", "dangling": "missing", "foreign": at("file")} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	if fd, err := openLog(at("good"), 0); err != nil {
		t.Error(err)
	} else {
		unix.Close(fd)
	}
	if _, err := openLog(at("dangling"), 0); err == nil {
		t.Error("a file was made through a link")
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED the rest, needs root to make another user's link")
	}
	if err := os.Lchown(at("foreign"), 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := openLog(at("foreign"), 0); !errors.Is(err, errForeignLink) {
		t.Errorf("another user's link: got %v, want %v", err, errForeignLink)
	}
}

// descriptors returns how many this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestNothingIsLeft(t *testing.T) {
	dir := t.TempDir()
	goroutines, fds := runtime.NumGoroutine(), descriptors(t)
	for _, detach := range []bool{true, false} {
		e, err := newEngine()
		if err != nil {
			t.Fatal(err)
		}
		var ws []*os.File
		for i := range 10 {
			key := fmt.Sprint(i)
			r, also, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			w := attach(t, e, key, Sink{Path: filepath.Join(dir, fmt.Sprint(i/2)), Also: also})
			ws = append(ws, w, r)
			write(t, w, "x")
			e.resink(key, Sink{Path: filepath.Join(dir, fmt.Sprint(i/3))})
			refused, _ := tryAttach(t, e, key, Sink{Path: dir})
			refused.Close()
			if detach {
				e.detach(key)
			}
		}
		e.close()
		for _, w := range ws {
			w.Close()
		}
	}
	runtime.GC()
	eventually(t, "goroutines and descriptors to go", func() bool {
		return runtime.NumGoroutine() <= goroutines && descriptors(t) <= fds
	})
}

// TestIdle counts the turns of the loop while nothing happens: none, whether the
// pipes were never used, were busy, or have ended.
func TestIdle(t *testing.T) {
	e := newTestEngine(t, nil)
	dir := t.TempDir()
	for i := range 30 {
		key := fmt.Sprint(i)
		w := attach(t, e, key, Sink{Path: filepath.Join(dir, key)})
		switch i % 3 {
		case 1:
			for range 100 {
				write(t, w, "x\n")
			}
			drain(t, e, key)
		case 2:
			write(t, w, "x\n")
			w.Close()
			drain(t, e, key)
		}
	}
	eventually(t, "the pauses to end", func() bool {
		var resting int
		e.call(func() error { resting = len(e.resting) + len(e.queue); return nil })
		return resting == 0
	})
	before := e.turns.Load()
	time.Sleep(300 * time.Millisecond) // not for something to happen: for nothing to
	if turns := e.turns.Load() - before; turns != 0 {
		t.Errorf("%d turns while idle", turns)
	}
}

// TestManyPipes attaches 1000 pipes and tells what one costs.
func TestManyPipes(t *testing.T) {
	const many = 1000
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); lim.Cur < 4*many {
		t.Skip("SKIPPED, needs a limit of 4000 descriptors; it is ", lim.Cur)
	}
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	rs, ws := make([]*os.File, many), make([]*os.File, many)
	for i := range rs {
		var err error
		if rs[i], ws[i], err = os.Pipe(); err != nil {
			t.Fatal(err)
		}
		defer ws[i].Close()
	}
	before := heap()
	for i := range rs {
		if err := e.attach(fmt.Sprint("app:", i, ":out"), rs[i], Sink{Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d bytes of heap for a pipe", (int64(heap())-int64(before))/many)
	for _, w := range ws {
		write(t, w, "x")
	}
	runtime.KeepAlive(rs)
	for i := range rs {
		drain(t, e, fmt.Sprint("app:", i, ":out"))
	}
	wantFile(t, path, strings.Repeat("x", many))
}

// TestDeletedFileStaysAway until there is something to write into it, also when
// the pipe is looked at once more after a pause or has come to its end.
func TestDeletedFileStaysAway(t *testing.T) {
	e := newTestEngine(t, nil)
	path := filepath.Join(t.TempDir(), "log")
	w := attach(t, e, "a", Sink{Path: path})
	for range 5 {
		write(t, w, "x")
		drain(t, e, "a")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		drain(t, e, "a")
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Fatalf("it is back: %v", err)
		}
	}
	w.Close()
	drain(t, e, "a")
	e.detach("a")
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Fatalf("it is back: %v", err)
	}
}
