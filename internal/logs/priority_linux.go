package logs

import "golang.org/x/sys/unix"

// lowestPriority makes the calling thread yield processor and disk to all
// others: on Linux setpriority(2) and ioprio_set(2) concern single threads. It
// only makes things nicer, so that it may fail.
func lowestPriority() {
	const (
		thisThread = 0
		whoProcess = 1         // IOPRIO_WHO_PROCESS
		bestEffort = 2<<13 | 7 // IOPRIO_CLASS_BE, the last of its levels
	)
	unix.Setpriority(unix.PRIO_PROCESS, thisThread, 19)
	unix.Syscall(unix.SYS_IOPRIO_SET, whoProcess, thisThread, bestEffort)
}
