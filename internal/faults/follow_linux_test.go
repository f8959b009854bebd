package faults

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// follower waits for changes of a file or a folder, by inotify(7).
type follower struct {
	t    testing.TB
	path string
	in   *os.File
}

// follow watches a file of the root from now on.
func (w *world) follow(name string) *follower {
	w.t.Helper()
	return newFollower(w.t, w.file(name), unix.IN_MODIFY)
}

func newFollower(t testing.TB, path string, what uint32) *follower {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if errors.Is(err, unix.EMFILE) {
		t.Skip("SKIPPED: needs an inotify instance, and this user has used up all (fs.inotify.max_user_instances)")
	}
	if err != nil {
		t.Fatal(err)
	}
	f := &follower{t, path, os.NewFile(uintptr(fd), "inotify")}
	t.Cleanup(func() { f.in.Close() })
	if _, err := unix.InotifyAddWatch(fd, path, what); err != nil {
		t.Fatal(err)
	}
	return f
}

// next waits for changes.
func (f *follower) next() {
	f.t.Helper()
	if err := f.in.SetReadDeadline(time.Now().Add(patience)); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.in.Read(make([]byte, 16<<10)); err != nil {
		f.t.Fatalf("wait for a change of %s: %v", f.path, err)
	}
}

// await waits until the file has a text in it.
func (f *follower) await(text string) {
	f.t.Helper()
	for {
		content, err := os.ReadFile(f.path)
		if err != nil {
			f.t.Fatal(err)
		}
		if strings.Contains(string(content), text) {
			return
		}
		f.next()
	}
}
