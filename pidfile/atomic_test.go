package pidfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var errInjected = errors.New("injected")

// fault makes one call to the system fail: the nth, counted from 1. done says
// whether it was carried out all the same.
type fault struct {
	n, count int
	done     bool
	name     string // of the call that failed
}

// strike carries the call out, unless it is the one to fail before.
func (f *fault) strike(name string, call func() error) error {
	f.count++
	if f.count != f.n {
		return call()
	}
	f.name = name
	if f.done {
		if err := call(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w", name, errInjected)
}

func (f *fault) calls() *calls {
	return &calls{
		create: func(path string) (file *os.File, err error) {
			failed := f.strike("create", func() error { file, err = system.create(path); return err })
			if failed != nil && file != nil {
				file.Close()
				os.Remove(path) // a create that fails has made nothing
			}
			return file, failed
		},
		chmod: func(file *os.File, mode os.FileMode) error {
			return f.strike("chmod", func() error { return system.chmod(file, mode) })
		},
		write: func(file *os.File, data []byte) (n int, err error) {
			err = f.strike("write", func() error { n, err = system.write(file, data[:len(data)/2]); return err })
			if err != nil {
				return n, err
			}
			rest, err := system.write(file, data[n:])
			return n + rest, err
		},
		sync: func(file *os.File) error { return f.strike("sync", func() error { return nil }) },
		close: func(file *os.File) error {
			err := system.close(file) // it is closed even where close fails
			return f.strike("close", func() error { return err })
		},
		rename: func(from, to string) error {
			return f.strike("rename", func() error { return system.rename(from, to) })
		},
		syncDir: func(string) error { return f.strike("syncDir", func() error { return nil }) },
		remove:  system.remove,
	}
}

// Whatever step of a Save fails, the file is the old one or the new one, and
// nothing else is left.
func TestSaveFailsAtEachStep(t *testing.T) {
	before, after := manyApps(t, 3), manyApps(t, 12)
	failed := map[string]bool{}
	for _, done := range []bool{false, true} {
		for n := 1; ; n++ {
			f := &fault{n: n, done: done}
			path := filepath.Join(t.TempDir(), "state.json")
			if err := Save(path, before); err != nil {
				t.Fatal(err)
			}
			err := f.calls().save(path, after)
			if f.name == "" {
				if err != nil {
					t.Errorf("Save without a fault: %v", err)
				}
				break
			}
			failed[f.name] = true
			if !errors.Is(err, errInjected) || !strings.Contains(err.Error(), path) {
				t.Errorf("call %d, %s: error %v", n, f.name, err)
			}
			want := len(before.Apps)
			if f.name == "syncDir" || f.name == "rename" && done {
				want = len(after.Apps)
			}
			if s, err := Load(path); err != nil || len(s.Apps) != want {
				t.Errorf("call %d, %s, done %v: %v; want %d apps", n, f.name, done, err, want)
			}
			noFiles(t, filepath.Dir(path), "state.json")
		}
	}
	for _, name := range []string{"create", "chmod", "write", "sync", "close", "rename", "syncDir"} {
		if !failed[name] {
			t.Errorf("%s was never made to fail", name)
		}
	}
}

func TestLeftoverIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	c := (&fault{n: 2}).calls()
	c.remove = func(path string) error { return &os.PathError{Op: "remove", Path: path, Err: os.ErrPermission} }
	err := c.save(path, &State{})
	if !errors.Is(err, errInjected) || !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), tempPrefix) {
		t.Errorf("%v: does not tell both errors and the file left behind", err)
	}
}

// A pid file does not wait for the disk.
func TestWritePidDoesNotSync(t *testing.T) {
	c := (&fault{}).calls()
	c.sync = func(*os.File) error { t.Error("sync was called"); return nil }
	c.syncDir = func(string) error { t.Error("syncDir was called"); return nil }
	if err := c.writePid(filepath.Join(t.TempDir(), "x.pid"), 1); err != nil {
		t.Error(err)
	}
}

func TestWriteAtomic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, mode := range []os.FileMode{0o600, 0o666, 0o640} { // 0666: whatever the umask is
		if err := WriteAtomic(path, []byte(mode.String()), mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode() != mode {
			t.Errorf("mode %v, %v; want %v", info.Mode(), err, mode)
		}
		if text := readFile(t, path); text != mode.String() {
			t.Errorf("holds %q, want %q", text, mode)
		}
	}
	noFiles(t, filepath.Dir(path), "file")
}

func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere", "state.json")
	if err := Save(path, &State{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Save into a folder that is not there: %v", err)
	}
	if s, err := Load(path); err != nil || s.Version != Version || len(s.Apps) != 0 {
		t.Errorf("Load from a folder that is not there: %+v, %v", s, err)
	}
}
