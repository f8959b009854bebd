//go:build unix

package pidfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRootMustBeClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my root")
	if err := CheckRoot(dir, os.Getuid()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("made with mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "state.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, safe := range map[os.FileMode]bool{
		0o700: true, 0o500: true, 0o755: true, 0o750: true, 0o770: false, 0o720: false, 0o702: false, 0o777 | os.ModeSticky: false,
	} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		err := CheckRoot(dir, os.Getuid())
		if safe != (err == nil) {
			t.Errorf("mode %v: %v", mode, err)
		}
		if err != nil && !strings.HasSuffix(err.Error(), "chmod 700 '"+dir+"'") {
			t.Errorf("%v: does not say what to do", err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode() != os.ModeDir|mode {
			t.Errorf("mode %v became %v, %v", mode, info.Mode(), err)
		}
	}
	os.Chmod(dir, 0o700)
}

// A folder that somebody has just made for it, or a volume of a container.
func TestEmptyRootIsClosed(t *testing.T) {
	for _, mode := range []os.FileMode{0o755, 0o750, 0o775, 0o777, 0o777 | os.ModeSticky, 0o711} {
		dir := t.TempDir()
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := CheckRoot(dir, os.Getuid()); err != nil {
			t.Errorf("mode %v: %v", mode, err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("mode %v became %v, %v", mode, info.Mode(), err)
		}
	}
}

func TestRootMayBeALink(t *testing.T) {
	base := t.TempDir()
	real, link := filepath.Join(base, "real"), filepath.Join(base, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	if err := CheckRoot(link, os.Getuid()); err == nil || !strings.Contains(err.Error(), link) {
		t.Errorf("a link to nothing: %v", err)
	}
	if err := os.Mkdir(real, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := CheckRoot(link, os.Getuid()); err != nil {
		t.Errorf("an own link to an own folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(real, "state.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(real, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := CheckRoot(link, os.Getuid()); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a link to an open folder: %v", err)
	}
}

func TestRootOfAnotherUser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	err := CheckRoot(dir, os.Getuid()+1)
	if err == nil || !strings.Contains(err.Error(), dir+" belongs to another user") {
		t.Errorf("%v", err)
	}
	if os.Getuid() != 0 {
		t.Skip("ONLY HALF DONE: giving files to another user needs root")
	}
	if err := os.Chown(dir, 12345, -1); err != nil {
		t.Fatal(err)
	}
	if err := CheckRoot(dir, 0); err == nil || !strings.Contains(err.Error(), "uid 12345, not 0") {
		t.Errorf("a folder of 12345: %v", err)
	}
	link := dir + "-link"
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := CheckRoot(link, 12345); err != nil {
		t.Errorf("the superuser's link: %v", err)
	}
	if err := os.Lchown(link, 12346, -1); err != nil {
		t.Fatal(err)
	}
	if err := CheckRoot(link, 12345); err == nil || !strings.Contains(err.Error(), "symbolic link of another user (uid 12346)") {
		t.Errorf("another user's link: %v", err)
	}
}

func TestTrustRoot(t *testing.T) {
	me := os.Getuid()
	dir := filepath.Join(t.TempDir(), "root")
	trust := func(uid int, want string) {
		t.Helper()
		switch err := TrustRoot(dir, uid); {
		case want == "" && err != nil:
			t.Errorf("refused: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want %q", err, want)
		}
	}
	trust(me, "")
	if _, err := os.Lstat(dir); err == nil {
		t.Error("it was made")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	trust(me, "")
	trust(me+1, "belongs to another user")
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	trust(me, "") // it is empty
	writeFile(t, filepath.Join(dir, "state.json"), "")
	trust(me, "others may write to the root folder "+dir+" (mode 0777)")
}
