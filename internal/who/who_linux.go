package who

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// Tick is the unit of the times in /proc: USER_HZ is 100 on every architecture
// that Go runs on.
const Tick = 10 * time.Millisecond

// Age is how long ago a process started, by the Start of its [proc.Entry].
func Age(start uint64) time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano()) - time.Duration(start)*Tick
}

// Started is when a process started, by the Start of its [proc.Entry], to 10 ms.
func Started(start uint64) time.Time { return time.Now().Add(-Age(start)).Truncate(Tick) }

// Args is the command line of a process; empty when it may not be seen, and for
// threads of the kernel. A program may write over it, and empty arguments at its
// end are not told.
func Args(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimRight(b, "\x00")), "\x00")
}

// Executable is the path of the program; empty when it may not be seen.
func Executable(pid int) string {
	path, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// User is the name of the process's effective user.
func (r *Reader) User(e proc.Entry) string { return r.LookupUser(e.UID) }
