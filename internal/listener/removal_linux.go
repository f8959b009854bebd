package listener

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// keeps tells whether the file is to stay that a reported call removes. What cannot
// be read is not one of ours.
func (a *Answerer) keeps(fd int, n *notification) bool {
	if a.Keeps == nil {
		return false
	}
	r := &Removal{PID: int(n.pid), dir: unix.AT_FDCWD}
	path := n.data.args[0]
	if n.data.nr == unix.SYS_UNLINKAT {
		r.dir, path = int(int32(n.data.args[0])), n.data.args[1]
		if n.data.args[2] != 0 { // AT_REMOVEDIR
			return false
		}
	}
	var err error
	r.Path, err = a.peekString(r.PID, uintptr(path))
	return err == nil && n.valid(fd) && r.Path != "" && a.Keeps(r)
}

// peekString reads a path from a program's memory, up to its NUL byte. It may end
// where the memory does, so that no read goes beyond a page.
func (a *Answerer) peekString(pid int, from uintptr) (string, error) {
	const page, step = 4096, 256
	var text []byte
	for len(text) < unix.PathMax {
		size := min(step, page-int(from%page))
		part, err := a.peek(pid, from, size)
		if err != nil {
			return "", err
		}
		if end := bytes.IndexByte(part, 0); end >= 0 {
			return string(append(text, part[:end]...)), nil
		}
		text, from = append(text, part...), from+uintptr(size)
	}
	return "", unix.ENAMETOOLONG
}

// Of tells whether it is path that is removed, of a file that is also called keep.
func (r *Removal) Of(path, keep string) bool {
	if filepath.Base(r.Path) != filepath.Base(path) || !sameNamespace(r.PID, "mnt") {
		return false
	}
	proc := fmt.Sprintf("/proc/%d/", r.PID)
	if !sameFile(proc+"root", "/") {
		return false
	}
	removed := r.Path
	switch {
	case filepath.IsAbs(removed):
	case r.dir == unix.AT_FDCWD:
		removed = proc + "cwd/" + removed
	default:
		removed = fmt.Sprintf("%sfd/%d/%s", proc, r.dir, removed)
	}
	folder := removed[:strings.LastIndexByte(removed, '/')+1] // not cleaned: ".." behind a link leads elsewhere
	return sameName(removed, keep) && sameFile(folder, filepath.Dir(path))
}
