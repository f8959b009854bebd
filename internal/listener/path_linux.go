package listener

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// parsePath reads what follows the family in a struct sockaddr_un: a path up to
// the first NUL byte, or an abstract name, whose bytes all count.
func parsePath(name []byte) (a Address) {
	if end := bytes.IndexByte(name, 0); end > 0 {
		name = name[:end]
	}
	a.Path = string(name)
	return a
}

// completePath makes a relative path absolute; false: the program has other files
// than this process, so that the path means something else here.
func (b *Bind) completePath() bool {
	if b.Path[0] == 0 {
		return true
	}
	proc := fmt.Sprintf("/proc/%d/", b.PID)
	if !sameNamespace(b.PID, "mnt") || !sameFile(proc+"root", "/") {
		return false
	}
	if !b.IsFile() {
		dir, err := os.Readlink(proc + "cwd")
		if err != nil {
			return false
		}
		b.Path = filepath.Join(dir, b.Path)
	}
	return true
}

// isConnectionUnix finds the kind of the program's unix socket, and tells whether
// it is one that accepts connections.
func (b *Bind) isConnectionUnix() bool {
	rows, err := unixSockets()
	if err != nil {
		return false
	}
	row, ok := rows[inodeOf(b.PID, b.FD)]
	b.Kind = row.kind
	return ok && (b.Kind == unix.SOCK_STREAM || b.Kind == unix.SOCK_SEQPACKET)
}

// unixSocket is a row of /proc/net/unix (proc_pid_net(5)).
type unixSocket struct {
	kind      int
	listening bool
	path      string // @ for NUL
}

// unixSockets are the unix sockets of this network by their inodes.
func unixSockets() (map[string]unixSocket, error) {
	data, err := os.ReadFile("/proc/self/net/unix")
	if err != nil {
		return nil, fmt.Errorf("list unix sockets: %w", err)
	}
	rows := map[string]unixSocket{}
	for line := range strings.Lines(string(data)) {
		// Num RefCount Protocol Flags Type St Inode Path
		fields := strings.SplitN(strings.Join(strings.Fields(line), " "), " ", 8)
		if len(fields) < 7 {
			continue
		}
		flags, err := strconv.ParseUint(fields[3], 16, 32)
		kind, err2 := strconv.ParseUint(fields[4], 16, 16)
		if err != nil || err2 != nil {
			continue // the heading
		}
		const acceptCon = 1 << 16 // __SO_ACCEPTCON
		row := unixSocket{kind: int(kind), listening: flags&acceptCon != 0}
		if len(fields) == 8 {
			row.path = fields[7]
		}
		rows[fields[6]] = row
	}
	return rows, nil
}

// OpenUnix makes the socket for a bind of a unix-domain address and binds it as the
// program would: with its user and umask, so that the file belongs to whom it
// should. It does not listen yet.
//
// keep is a second name of the file, in the same folder: programs unlink the path
// when they end, and before they bind it, while others still listen. Restore gives
// the file its name back. Where a second name cannot be, the path is what it is.
func OpenUnix(b *Bind, keep string) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_UNIX, b.Kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("make a socket for %v: %w", b, err)
	}
	b.Options.Apply(fd)
	mode := b.mode()
	if err = unix.Fchmod(fd, mode); err == nil {
		err = likeProgram(b.PID, func(p standing) error { return p.claim(fd, b, keep, mode) })
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("listen on %v: %w", b, err)
	}
	return fd, nil
}

// mode is that of the program's socket, which its file gets less the umask: a program
// may have narrowed it before (fchmod(2)).
func (b *Bind) mode() uint32 {
	const all = 0o777
	var st unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", b.PID, b.FD), &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return all
	}
	return st.Mode & all
}

// claim binds the socket, whose file gets mode less the umask. A file in the way is
// removed if it is of an earlier life of the same app, and nobody listens there any more.
func (p standing) claim(fd int, b *Bind, keep string, mode uint32) error {
	raw := b.Raw
	if !p.own && b.IsFile() { // a relative path would lead elsewhere
		raw = append(raw[:sizeofFamily:sizeofFamily], b.Path...)
	}
	errno := bindRaw(fd, raw)
	if errno == unix.EADDRINUSE && b.IsFile() && sameName(b.Path, keep) && !answers(b.Kind, raw) {
		RemoveFile(b.Path, keep)
		errno = bindRaw(fd, raw)
	}
	switch {
	case errno != 0:
		return errno
	case !b.IsFile():
		return nil
	}
	if err := unix.Unlink(keep); err == nil || errors.Is(err, unix.ENOENT) {
		_ = unix.Link(b.Path, keep)
	}
	if p.own {
		return nil
	}
	return unix.Chmod(b.Path, mode&^uint32(p.umask))
}

// bindRaw binds the very bytes, as the program would have: getsockname(2) shows them.
func bindRaw(fd int, raw []byte) unix.Errno {
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(len(raw)))
	return errno
}

// answers tells whether somebody listens on a path.
func answers(kind int, raw []byte) bool {
	fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(len(raw)))
	return errno != unix.ECONNREFUSED
}

// KeepName is the second name of the file of a unix socket. owner is the app's, so
// that no two apps have the same.
func KeepName(path, owner string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+owner)
}

// Restore gives a socket's file its name back. EADDRINUSE: another file has that name;
// os.ErrNotExist: there is no second one either. Where the file never got a second
// name that it is there is enough.
func Restore(path, keep string) error {
	for {
		err := unix.Link(keep, path)
		switch {
		case err == nil, errors.Is(err, unix.EEXIST) && sameName(path, keep), errors.Is(err, unix.ENOENT) && !IsAway(path):
			return nil
		case errors.Is(err, unix.EEXIST) && IsAway(path):
			continue // it has just been removed
		case errors.Is(err, unix.EEXIST):
			err = unix.EADDRINUSE
		}
		return &os.LinkError{Op: "link", Old: keep, New: path, Err: err}
	}
}

// IsAway tells whether there is no file of a name.
func IsAway(path string) bool {
	var st unix.Stat_t
	return errors.Is(unix.Lstat(path, &st), unix.ENOENT)
}

// RemoveFile removes both names of a socket's file; path only if it is that file.
func RemoveFile(path, keep string) {
	RemovePath(path, keep)
	_ = unix.Unlink(keep) // that it is not there any more is as well
}

// RemovePath removes path alone, if it is that file.
func RemovePath(path, keep string) {
	if sameName(path, keep) {
		_ = unix.Unlink(path)
	}
}

// sameName tells whether two names are of one file, links to it not counted.
func sameName(path, keep string) bool {
	var a, b unix.Stat_t
	return unix.Lstat(path, &a) == nil && unix.Lstat(keep, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}
