package pidfile

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPidFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "pids", "web-0.pid")
	for _, pid := range []int{4242, 7} { // the second replaces the first
		if err := WritePid(path, pid); err != nil {
			t.Fatal(err)
		}
	}
	if text := readFile(t, path); text != "7\n" {
		t.Errorf("pid file holds %q", text)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{path: 0o644, filepath.Dir(path): os.ModeDir | 0o700} {
			if info, err := os.Stat(name); err != nil || info.Mode() != want {
				t.Errorf("%s: %v, %v; want mode %v", name, info.Mode(), err, want)
			}
		}
	}
	if err := RemovePid(path, 4242); err != nil {
		t.Error(err)
	}
	if text := readFile(t, path); text != "7\n" {
		t.Errorf("pid file of another was touched: it holds %q", text)
	}
	for range 2 { // the second finds nothing
		if err := RemovePid(path, 7); err != nil {
			t.Error(err)
		}
	}
	noFiles(t, filepath.Dir(path))
}

// A person may have put it there.
func TestRemovePidWithoutNewline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pid")
	writeFile(t, path, " 7")
	if err := RemovePid(path, 7); err != nil {
		t.Error(err)
	}
	noFiles(t, filepath.Dir(path))
}
