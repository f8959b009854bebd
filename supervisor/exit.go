package supervisor

import (
	"fmt"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
)

// keptExits is how many ends of an instance describe shows.
const keptExits = 10

// newExit puts what the shim saw into words. started may be zero: unknown.
func newExit(e wire.ShimExit, started time.Time) wire.Exit {
	x := wire.Exit{PID: e.PID, At: wire.Moment{Time: e.At}}
	if !e.Began.IsZero() {
		started = e.Began // the state file may tell of the process before
	}
	if !started.IsZero() {
		x.RanMS = max(e.At.Sub(started).Milliseconds(), 0)
	}
	status := waitStatus(e.Status)
	switch {
	case !e.Known:
		x.Code, x.Reason = -1, "ended while forever was being replaced; exit code unknown"
	case status.Signaled():
		x.Code, x.Signal = 128+int(status.Signal()), proc.SignalName(status.Signal())
		x.Reason = "killed by " + x.Signal
		if x.Core = status.CoreDump(); x.Core {
			x.Reason += " (core dumped)"
		}
	default:
		x.Code = status.ExitStatus()
		x.Reason = fmt.Sprintf("exit code %d", x.Code)
	}
	return x
}

// execHint is what to do about the system's answer to an exec, or "".
func execHint(errno int) string {
	if errno == int(syscall.ENOEXEC) {
		return "it is damaged, or built for another kind of machine: build it anew for this one"
	}
	return ""
}
