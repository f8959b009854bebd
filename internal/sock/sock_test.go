package sock

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// longRoot is a folder whose socket's path no sockaddr_un can take.
func longRoot(t *testing.T) string {
	root := filepath.Join(t.TempDir(), strings.Repeat("long-", 30))
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	return root
}

func listen(t *testing.T, root string) *net.UnixListener {
	t.Helper()
	ln, err := Listen(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// greet sends one byte from a client to the listener.
func greet(t *testing.T, ln *net.UnixListener, root string) {
	t.Helper()
	client, err := Dial(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := client.Write([]byte{7}); err != nil {
		t.Fatal(err)
	}
	var got [1]byte
	if _, err := server.Read(got[:]); err != nil || got[0] != 7 {
		t.Fatalf("read %v, %v", got, err)
	}
}

func TestShortPath(t *testing.T) {
	root := t.TempDir()
	greet(t, listen(t, root), root)
}

func TestLongPath(t *testing.T) {
	root := longRoot(t)
	if runtime.GOOS != "linux" {
		if _, err := Listen(root); err == nil || !strings.Contains(err.Error(), "--root") {
			t.Fatalf("a path too long for %s: %v", runtime.GOOS, err)
		}
		return
	}
	short := t.TempDir()
	greet(t, listen(t, short), short) // so that the runtime's own poller is open
	before := descriptors(t)
	ln := listen(t, root)
	greet(t, ln, root)
	ln.Close()
	if after := descriptors(t); after != before {
		t.Fatalf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

func TestModeIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes on windows")
	}
	root := t.TempDir()
	listen(t, root)
	info, err := os.Lstat(Path(root))
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Fatalf("socket: %v, %v", info.Mode(), err)
	}
}

func TestAbsent(t *testing.T) {
	dial := func(root string) error {
		conn, err := Dial(t.Context(), root)
		if err == nil {
			conn.Close()
		}
		return err
	}
	root := t.TempDir()
	for _, r := range []string{root, filepath.Join(root, "missing"), longRoot(t)} {
		if err := dial(r); !Absent(err) {
			t.Errorf("no socket in %s: %v", r, err)
		}
	}
	listen(t, root).Close()
	if err := dial(root); !Absent(err) {
		t.Errorf("a socket left behind: %v", err)
	}
	if Absent(nil) || Absent(errors.New("other")) {
		t.Error("anything is taken for absent")
	}
}

func TestListenReplacesALeftSocket(t *testing.T) {
	root := t.TempDir()
	listen(t, root).Close()
	if _, err := os.Lstat(Path(root)); err != nil {
		t.Fatalf("closing a listener removed the file: %v", err)
	}
	greet(t, listen(t, root), root)
	if err := Remove(root); err != nil {
		t.Fatal(err)
	}
	if err := Remove(root); err != nil {
		t.Fatalf("a second remove: %v", err)
	}
}

func TestListenHarmsNothingElse(t *testing.T) {
	for name, place := range map[string]func(path string) error{
		"file":    func(p string) error { return os.WriteFile(p, []byte("mine"), 0o600) },
		"folder":  func(p string) error { return os.Mkdir(p, 0o700) },
		"symlink": func(p string) error { return os.Symlink(os.TempDir(), p) },
	} {
		root := t.TempDir()
		if err := place(Path(root)); err != nil {
			t.Skip(err)
		}
		if _, err := Listen(root); err == nil {
			t.Errorf("%s: replaced", name)
		}
		if _, err := os.Lstat(Path(root)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
