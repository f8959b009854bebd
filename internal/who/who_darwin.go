package who

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// Age is how long ago a process started, by the Start of its [proc.Entry].
func Age(start uint64) time.Duration { return time.Since(Started(start)) }

// Started is when a process started, by the Start of its [proc.Entry].
func Started(start uint64) time.Time { return time.UnixMicro(int64(start)) }

// Args is the command line of a process; empty when it may not be seen.
func Args(pid int) []string {
	_, args := procArgs(pid)
	return args
}

// Executable is the path of the program; empty when it may not be seen.
func Executable(pid int) string {
	path, _ := procArgs(pid)
	return path
}

// procArgs reads what KERN_PROCARGS2 returns: the number of arguments, the path
// of the program, NULs up to a word boundary, the arguments, the environment.
func procArgs(pid int) (path string, args []string) {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(b) < 4 {
		return "", nil
	}
	count := int(binary.NativeEndian.Uint32(b))
	name, rest, _ := bytes.Cut(b[4:], []byte{0})
	words := strings.Split(string(bytes.TrimLeft(rest, "\x00")), "\x00")
	return string(name), words[:max(0, min(count, len(words)))]
}

// User is the name of the process's effective user.
func (r *Reader) User(e proc.Entry) string { return r.LookupUser(e.UID) }
