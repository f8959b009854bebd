package pidfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// stranger is the user that the superuser plays where permissions count.
const stranger = 65534

// asStranger lets run act on files without the superuser's privileges.
func asStranger(t *testing.T, run func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		run()
		return
	}
	runtime.LockOSThread() // the identity for file access belongs to a thread
	defer runtime.UnlockOSThread()
	if err := unix.Setfsuid(stranger); err != nil {
		t.Fatal(err)
	}
	defer unix.Setfsuid(0)
	run()
}

// saveForStranger saves a state where the stranger gets to.
func saveForStranger(t *testing.T) (path string, text []byte) {
	t.Helper()
	path, text = saveFull(t)
	if err := os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, text
}

// saidClearly checks an error about a file: the reason, the file, the step.
func saidClearly(t *testing.T, err, reason error, words ...string) {
	t.Helper()
	if !errors.Is(err, reason) {
		t.Errorf("error %v, want %v", err, reason)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestReadOnlyFolder(t *testing.T) {
	path, text := saveForStranger(t)
	dir := filepath.Dir(path)
	if os.Geteuid() == 0 {
		for _, name := range []string{path, dir} {
			if err := os.Chown(name, stranger, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	asStranger(t, func() {
		saidClearly(t, Save(path, &State{}), unix.EACCES, "save state: replace "+path)
		saidClearly(t, WritePid(filepath.Join(dir, "x.pid"), 1), unix.EACCES, "write pid file", "x.pid")
		saidClearly(t, WritePid(filepath.Join(dir, "new", "x.pid"), 1), unix.EACCES, "make folder of pid file", "new")
		_, err := TryLock(filepath.Join(dir, "lock"))
		saidClearly(t, err, unix.EACCES, "lock "+filepath.Join(dir, "lock"))
		saidClearly(t, CheckRoot(filepath.Join(dir, "root"), os.Getuid()), unix.EACCES, "make root folder", dir)
	})
	if after := readFile(t, path); after != string(text) {
		t.Errorf("the file was changed to %s", after)
	}
	noFiles(t, dir, "state.json")

	// A damaged file is told even where no copy can be kept.
	writeFile(t, path, "{")
	if err := errors.Join(os.Chown(path, os.Geteuid(), -1), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	asStranger(t, func() {
		s, err := Load(path)
		damaged(t, s, err)
		saidClearly(t, err, unix.EACCES, path, "no copy could be kept")
	})
}

func TestStateOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT DONE: making files of another user needs root")
	}
	path, text := saveForStranger(t)
	asStranger(t, func() {
		_, err := Load(path)
		saidClearly(t, err, unix.EACCES, "read state: open "+path)
		saidClearly(t, Save(path, &State{}), unix.EACCES, "save state: replace "+path)
		saidClearly(t, RemovePid(path, 1), unix.EACCES, "read pid file: open "+path)
	})
	if after := readFile(t, path); after != string(text) {
		t.Errorf("the file was changed to %s", after)
	}
}

// The superuser may read it, and does not.
func TestLoadOfAForeignState(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT DONE: making files of another user needs root")
	}
	path, _ := saveForStranger(t)
	if err := os.Chown(path, stranger, -1); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(path); s != nil || err == nil || !strings.Contains(err.Error(), path+": it belongs to another user") {
		t.Errorf("%v, %v", s, err)
	}
}

func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT DONE: mounting a small file system needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=128k"); err != nil {
		t.Skipf("NOT DONE: mounting a small file system is not permitted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err) // some file is still open
		}
	})
	path := filepath.Join(dir, "state.json")
	if err := Save(path, fullState()); err != nil {
		t.Fatal(err)
	}
	before := readFile(t, path)
	saidClearly(t, Save(path, manyApps(t, 50)), unix.ENOSPC, "save state: replace "+path)
	if after := readFile(t, path); after != before {
		t.Errorf("the file was changed to %s", after)
	}
	noFiles(t, dir, "state.json")
	if err := Save(path, fullState()); err != nil {
		t.Errorf("Save of what fits, afterwards: %v", err)
	}

	writeFile(t, path, `"`+strings.Repeat("x", 80<<10)) // its copy does not fit
	s, err := Load(path)
	damaged(t, s, err)
	saidClearly(t, err, unix.ENOSPC, "no copy could be kept")
	noFiles(t, dir, "state.json")

	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	saidClearly(t, Save(path, &State{}), unix.EROFS, "save state: replace "+path)
}

// Without descriptors nobody can be found dead.
func TestNoDescriptorLeft(t *testing.T) {
	p := identify(t, os.Getpid())
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	none := unix.Rlimit{Cur: 0, Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	err := p.Check()
	if back := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, unix.EMFILE) || errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Check without descriptors: %v, want EMFILE", err)
	}
}
