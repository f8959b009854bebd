package listener

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	roles["remove"], roles["remove often"] = removeAll, removeOften
}

// removeAll removes a file of the folder dir by every way that its argument's path
// can be said: as it is, from the program's own folder, and from a descriptor.
func removeAll(args []string) int {
	var w wanted
	if json.Unmarshal([]byte(args[0]), &w) != nil || os.Chdir(filepath.Dir(w.Addr)) != nil {
		return 2
	}
	base := filepath.Base(w.Addr)
	dir, err := unix.Open("/proc/self/cwd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 3
	}
	for _, err := range []error{
		unix.Unlink(w.Addr), unix.Unlink(base), unix.Unlinkat(dir, "../"+filepath.Base(filepath.Dir(w.Addr))+"/"+base, 0),
		unix.Unlinkat(unix.AT_FDCWD, base, unix.AT_REMOVEDIR), unix.Unlink(base + ".other"), unix.Unlink(""),
	} {
		var errno unix.Errno
		errors.As(err, &errno)
		_ = json.NewEncoder(os.Stdout).Encode(got{Errno: int(errno)})
	}
	return 0
}

// A file that is to stay stays, however it is removed; every other call is the kernel's.
func TestRemovals(t *testing.T) {
	path := socketAt(t)
	keep := KeepName(path, "test")
	for _, name := range []string{path, path + ".other"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(path, keep); err != nil {
		t.Fatal(err)
	}
	kept := 0
	p := start(t, "remove", wanted{Addr: path})
	done := p.answer(&Answerer{Keeps: func(r *Removal) bool {
		if !r.Of(path, keep) {
			return false
		}
		kept++
		return true
	}})
	for i, want := range []unix.Errno{0, 0, 0, unix.ENOTDIR, 0, unix.ENOENT} {
		if g := p.got(); g.Errno != int(want) {
			t.Errorf("removal %d: %v, want %v", i, unix.Errno(g.Errno), want)
		}
	}
	p.end()
	awaitEnd(t, done)
	if _, err := os.Lstat(path); err != nil || kept != 3 {
		t.Errorf("it was kept %d times: %v", kept, err)
	}
	if _, err := os.Lstat(path + ".other"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the other file: %v", err)
	}
}

// A file of that name in another folder, or another file, is none of ours.
func TestRemovalOfAnother(t *testing.T) {
	path := socketAt(t)
	keep, dir := KeepName(path, "test"), filepath.Join(filepath.Dir(path), "d")
	if err := errors.Join(os.WriteFile(keep, nil, 0o600), os.Mkdir(dir, 0o700), os.Link(keep, filepath.Join(dir, "s"))); err != nil {
		t.Fatal(err)
	}
	of := func(path string, keep string) bool {
		return (&Removal{PID: os.Getpid(), Path: path, dir: unix.AT_FDCWD}).Of(filepath.Join(filepath.Dir(keep), "s"), keep)
	}
	if of(path, keep) {
		t.Error("there is no such file")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if of(path, keep) {
		t.Error("it is another file")
	}
	if of(filepath.Join(dir, "s"), keep) {
		t.Error("it is in another folder")
	}
	if err := errors.Join(os.Remove(path), os.Link(keep, path)); err != nil || !of(path, keep) {
		t.Errorf("it is the file: %v", err)
	}
}

// removeOften makes and removes a file, and tells how long the removals took.
func removeOften(args []string) int {
	var w wanted
	if json.Unmarshal([]byte(args[0]), &w) != nil {
		return 2
	}
	var took time.Duration
	for range w.Type {
		if os.WriteFile(w.Addr, nil, 0o600) != nil {
			return 3
		}
		began := time.Now()
		if unix.Unlink(w.Addr) != nil {
			return 4
		}
		took += time.Since(began)
	}
	_ = json.NewEncoder(os.Stdout).Encode(took)
	return 0
}

// BenchmarkRemoval is a removal that is reported, decided about and left to the kernel.
func BenchmarkRemoval(b *testing.B) {
	for name, reported := range map[string]bool{"reported": true, "bare": false} {
		b.Run(name, func(b *testing.B) {
			path := socketAt(b)
			text, err := json.Marshal(wanted{Addr: path, Type: b.N})
			if err != nil {
				b.Fatal(err)
			}
			a := &Answerer{Keeps: func(r *Removal) bool { return r.Of("/elsewhere", "/nowhere") }}
			took := timeRole(b, reported, a, "remove often", string(text))
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/removal")
		})
	}
}
