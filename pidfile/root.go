package pidfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CheckRoot makes the root folder, mode 0700, if there is none, and refuses one
// that is not safe: it holds environments and a socket that runs programs, so
// nobody but uid may get in. It may be a symbolic link that uid or the
// superuser made. On Windows only its being a folder is checked.
func CheckRoot(dir string, uid int) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, os.ErrNotExist) {
		if err := makeRoot(dir); err != nil {
			return fmt.Errorf("make root folder: %w", err)
		}
		info, err = os.Lstat(dir)
	}
	if err != nil {
		return fmt.Errorf("check root folder: %w", err)
	}
	if info.Mode().Type() == os.ModeSymlink {
		if owner, known := ownerOf(info); known && owner != uid && owner != 0 {
			return fmt.Errorf("root folder %s is a symbolic link of another user (uid %d)", dir, owner)
		}
		if info, err = os.Stat(dir); err != nil {
			return fmt.Errorf("check root folder: %w", err)
		}
	}
	return checkRoot(dir, info, uid)
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
		return fmt.Errorf("root folder %s belongs to another user (uid %d, not %d)", dir, owner, uid)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("root folder %s is open to others (mode %04o): chmod 700 %s", dir, perm, shellQuote(dir))
	}
	return nil
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
