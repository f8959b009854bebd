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
// oom: the kernel killed for lack of memory meanwhile.
func newExit(e wire.ShimExit, started time.Time, oom bool) wire.Exit {
	x := wire.Exit{PID: e.PID, At: e.At}
	if !started.IsZero() {
		x.RanMS = max(e.At.Sub(started).Milliseconds(), 0)
	}
	status := waitStatus(e.Status)
	switch {
	case !e.Known:
		x.Code, x.Reason = -1, "ended while forever was being replaced; exit code unknown"
	case status.Signaled():
		x.Code, x.Signal = 128+int(status.Signal()), proc.SignalName(status.Signal())
		x.Core = status.CoreDump()
		x.OOM = oom && status.Signal() == syscall.SIGKILL
		x.Reason = "killed by " + x.Signal + aside(x)
	default:
		x.Code = status.ExitStatus()
		x.Reason = fmt.Sprintf("exit code %d", x.Code)
	}
	return x
}

func aside(x wire.Exit) string {
	switch {
	case x.Core:
		return " (core dumped)"
	case x.OOM:
		return " (out of memory)"
	}
	return ""
}
