package pidfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// CheckRoot makes the root folder, mode 0700, if there is none, and gives that
// mode to one that is empty. It refuses one that is not safe: it will hold a
// socket that runs programs, so nobody but uid may write there. Others may look
// in where its owner had it so; the files themselves are closed to them. It may
// be a symbolic link that uid or the superuser made. On Windows only its being a
// folder is checked.
func CheckRoot(dir string, uid int) error {
	info, err := statRoot(dir, uid)
	if errors.Is(err, os.ErrNotExist) {
		if err := makeRoot(dir); err != nil {
			return fmt.Errorf("make root folder: %w", err)
		}
		info, err = statRoot(dir, uid)
	}
	if err != nil {
		return err
	}
	return checkRoot(dir, info, uid)
}

// TrustRoot refuses a root folder in which another user may have laid what is
// there, before any of it is used. It makes and changes nothing; where there is no
// folder there is nothing to refuse. The superuser may use anybody's.
func TrustRoot(dir string, uid int) error {
	info, err := statRoot(dir, uid)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, known := ownerOf(info)
	switch {
	case !info.IsDir() || !known || owner != uid && uid == 0:
		return nil // the first is told by whoever opens something in it
	case owner != uid:
		return foreignRoot(dir, owner, uid)
	case info.Mode().Perm()&0o022 != 0:
		if in, err := os.ReadDir(dir); err == nil && len(in) == 0 {
			return nil // CheckRoot closes it
		}
		return openRoot(dir, info)
	}
	return nil
}

// statRoot looks at the folder, behind a symbolic link that may be followed.
func statRoot(dir string, uid int) (os.FileInfo, error) {
	info, err := os.Lstat(dir)
	if err == nil && info.Mode().Type() == os.ModeSymlink {
		if owner, known := ownerOf(info); known && owner != uid && owner != 0 {
			return nil, fmt.Errorf("root folder %s is a symbolic link of another user (uid %d)", dir, owner)
		}
		info, err = os.Stat(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("check root folder: %w", err)
	}
	return info, nil
}

func foreignRoot(dir string, owner, uid int) error {
	return fmt.Errorf("root folder %s belongs to another user (uid %d, not %d)", dir, owner, uid)
}

func openRoot(dir string, info os.FileInfo) error {
	return fmt.Errorf("others may write to the root folder %s (mode %04o): chmod 700 %s", dir, info.Mode().Perm(), shellQuote(dir))
}

// makeRoot makes the folder and those above it. Another may make it meanwhile.
func makeRoot(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// checkRoot judges the folder itself.
func checkRoot(dir string, info os.FileInfo, uid int) error {
	if !info.IsDir() {
		return fmt.Errorf("root folder %s is not a folder", dir)
	}
	owner, known := ownerOf(info)
	if !known {
		return nil
	}
	if owner != uid {
		return foreignRoot(dir, owner, uid)
	}
	if info.Mode().Perm()&0o077 != 0 {
		info = closeEmpty(dir, info)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return openRoot(dir, info)
	}
	return nil
}

// closeEmpty gives mode 0700 to a folder with nothing in it, as mkdir or a
// mounted volume leaves it, and returns what it is then. What somebody else has
// laid into it before the mode counted is not taken for ours.
func closeEmpty(dir string, info os.FileInfo) os.FileInfo {
	f, err := os.Open(dir)
	if err != nil {
		return info
	}
	defer f.Close()
	if in, err := f.Readdir(1); len(in) > 0 || !errors.Is(err, io.EOF) || f.Chmod(0o700) != nil {
		return info
	}
	if !allOf(f, info) {
		_ = f.Chmod(info.Mode()) // as it was: refused now, and the next time
		return info
	}
	if closed, err := f.Stat(); err == nil {
		return closed
	}
	return info
}

// allOf tells whether all that is in the folder f belongs to its owner: another
// command of the same user may be making its files there.
func allOf(f *os.File, info os.FileInfo) bool {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false
	}
	in, err := f.Readdir(-1)
	if err != nil {
		return false
	}
	owner, _ := ownerOf(info)
	for _, each := range in {
		if o, known := ownerOf(each); !known || o != owner {
			return false
		}
	}
	return true
}

// shellQuote makes a path that a shell reads as one word.
func shellQuote(path string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-+,:@%=", r) || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
