package pidfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRootIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", ".forever")
	for range 2 { // the second time it is there
		if err := CheckRoot(dir, os.Getuid()); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestRootIsNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	writeFile(t, dir, "")
	if err := CheckRoot(dir, os.Getuid()); err == nil || !strings.Contains(err.Error(), dir+" is not a folder") {
		t.Errorf("a file as root: %v", err)
	}
	if err := CheckRoot(filepath.Join(dir, "below"), os.Getuid()); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a root below a file: %v", err)
	}
}

func TestShellQuote(t *testing.T) {
	for path, want := range map[string]string{
		"/home/u/.forever": "/home/u/.forever",
		"/my root":         "'/my root'",
		"/it's":            `'/it'\''s'`,
		"/$(x)":            "'/$(x)'",
		"/ä":               "'/ä'",
	} {
		if got := shellQuote(path); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", path, got, want)
		}
	}
}
