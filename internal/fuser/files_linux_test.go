package fuser

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/need"
)

func touch(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func copyOf(t *testing.T, exe, path string) string {
	t.Helper()
	from, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.Copy(to, from); err == nil {
		err = to.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	read, written := touch(t, filepath.Join(dir, "r")), touch(t, filepath.Join(dir, "w"))
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	exe := copyOf(t, os.Args[0], filepath.Join(dir, "exe"))
	socket := filepath.Join(dir, "socket")
	for _, c := range []struct {
		path, how, short string
		p                *program
	}{
		{read, "f....", "", start(t, "open r "+read)},
		{written, "F....", "", start(t, "open w "+written)},
		{folder, "..c..", "c", start(t, "chdir "+folder)},
		{exe, "...e.", "e", startAs(t, exe, "wait")},
		{socket, "F....", "", start(t, "unix "+socket)},
	} {
		code, out, stderr := fuser(t, "", c.path)
		if want := fmt.Sprintf(" %5d", c.p.pid); code != 0 || out != want {
			t.Errorf("%s: %d, %q, want %q", c.path, code, out, want)
		}
		if want := fmt.Sprintf("%-20s%s\n", c.path+":", c.short); stderr != want {
			t.Errorf("%s: stderr %q, want %q", c.path, stderr, want)
		}
		if _, _, stderr = fuser(t, "", "-v", c.path); !strings.Contains(stderr, " "+c.how+" ") {
			t.Errorf("%s: stderr %q, want %s", c.path, stderr, c.how)
		}
	}
	if code, _, _ := fuser(t, "", touch(t, filepath.Join(dir, "unused"))); code != 1 {
		t.Errorf("an unused file: %d", code)
	}
}

func TestMapped(t *testing.T) {
	path := touch(t, filepath.Join(t.TempDir(), "m"))
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := unix.Mmap(int(f.Fd()), 0, 1, unix.PROT_READ, unix.MAP_SHARED)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(b)
	n, _ := nodeAt(path)
	var how access
	searchProcess(os.Getpid(), []wantedFile{{node: n}}, func(_ *wantedFile, a access) { how |= a })
	if how != asMap {
		t.Errorf("used as %05b, want mapped", how)
	}
}

func TestWritersOnly(t *testing.T) {
	path := touch(t, filepath.Join(t.TempDir(), "x"))
	reader, writer := start(t, "open r "+path), start(t, "open w "+path)
	if code, _, stderr := fuser(t, "", "-w", path); code != 0 {
		t.Errorf("%d, %q", code, stderr)
	}
	<-writer.ended
	if code, out, _ := fuser(t, "", path); code != 0 || out != fmt.Sprintf(" %5d", reader.pid) {
		t.Errorf("the reader is gone too: %d, %q", code, out)
	}
}

func TestFileSystem(t *testing.T) {
	need.Root(t)
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		t.Skipf("SKIPPED: cannot mount: %v", err)
	}
	p := (*program)(nil)
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path := touch(t, filepath.Join(dir, "f"))
	p = start(t, "open w "+path)
	for _, args := range [][]string{{"-m", dir}, {"-m", path}, {"-M", "-m", dir}} {
		if code, out, _ := fuser(t, "", args...); code != 0 || out != fmt.Sprintf(" %5d", p.pid) {
			t.Errorf("%q: %d, %q", args, code, out)
		}
	}
	_, out, stderr := fuser(t, "", "-vm", dir)
	if want := fmt.Sprintf("kernel %5d", p.pid); out != want || !strings.Contains(stderr, "mount "+dir) {
		t.Errorf("%q, %q, want %q", out, stderr, want)
	}
	if code, _, stderr := fuser(t, "", "-M", path); code != 1 || !strings.Contains(stderr, "is not a mountpoint") {
		t.Errorf("%d, %q", code, stderr)
	}
}

func TestParseMap(t *testing.T) {
	n, ok := parseMap([]byte("7f0000-7f1000 r--p 00001000 fe:01 4711       /lib/x y.so"))
	if want := (node{unix.Mkdev(0xfe, 1), 4711}); !ok || n != want {
		t.Errorf("%+v, %v, want %+v", n, ok, want)
	}
	for _, line := range []string{"", "7f0000-7f1000 rw-p 00000000 00:00 0 [heap]", "a b c d e", "a b c 1 5"} {
		if n, ok := parseMap([]byte(line)); ok {
			t.Errorf("%q is %+v", line, n)
		}
	}
}

func TestMountsOf(t *testing.T) {
	n, ok := nodeAt("/proc")
	if !ok || !slices.Contains(mountsOf(n.dev), "/proc") {
		t.Errorf("/proc is not among %q", mountsOf(n.dev))
	}
	if got := unescapeMount(`/a\040b\134c`); got != `/a b\c` {
		t.Errorf("%q", got)
	}
}
