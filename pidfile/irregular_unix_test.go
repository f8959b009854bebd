//go:build unix

package pidfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is not a regular file is neither read, nor replaced, nor followed.
func TestIrregularTargetIsRefused(t *testing.T) {
	make := map[string]func(path string) error{
		"a symbolic link": func(path string) error { return os.Symlink("target", path) },
		"a folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a named pipe":    func(path string) error { return unix.Mkfifo(path, 0o600) },
	}
	use := map[string]func(path string) error{
		"Save":        func(path string) error { return Save(path, &State{}) },
		"Load":        func(path string) error { _, err := Load(path); return err },
		"WriteAtomic": func(path string) error { return WriteAtomic(path, []byte("new"), 0o600) },
		"WritePid":    func(path string) error { return WritePid(path, 1) },
		"RemovePid":   func(path string) error { return RemovePid(path, 1) },
		"TryLock":     func(path string) error { _, err := TryLock(path); return err },
	}
	for kind, make := range make {
		for name, use := range use {
			t.Run(name+" "+kind, func(t *testing.T) {
				dir := t.TempDir()
				target, path := filepath.Join(dir, "target"), filepath.Join(dir, "path")
				writeFile(t, target, "1\n")
				if err := make(path); err != nil {
					t.Fatal(err)
				}
				before, err := os.Lstat(path)
				if err != nil {
					t.Fatal(err)
				}
				err = use(path)
				var where *fs.PathError
				if !errors.As(err, &where) || where.Path != path || !strings.Contains(err.Error(), kind) {
					t.Errorf("error %v: does not say that %s is %s", err, path, kind)
				}
				if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
					t.Errorf("%s was replaced: %v", path, err)
				}
				if text := readFile(t, target); text != "1\n" {
					t.Errorf("the target holds %q", text)
				}
				noFiles(t, dir, "target", "path")
			})
		}
	}
}

// A link that appears between the look and the open is not followed either.
func TestOpenDoesNotFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "path")
	if err := os.Symlink("target", path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600); !errors.Is(err, unix.ELOOP) {
		t.Errorf("open a link: %v, want ELOOP", err)
	}
	if _, err := system.create(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("create over a link: %v, want EEXIST", err)
	}
}
