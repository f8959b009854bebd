package proc

import (
	"time"

	"golang.org/x/sys/unix"
)

// exitThread ends the calling thread and no other (_exit(2), C library notes).
func exitThread() { unix.Syscall(unix.SYS_EXIT, 0, 0, 0) }

// tick has a thread of its own sleep and wake for ever. While it is in the
// system call, the runtime's monitor does so too.
func tick() {
	OnThread(func() {
		for pause := unix.NsecToTimespec(int64(time.Millisecond)); ; {
			if err := unix.Nanosleep(&pause, nil); err != nil && err != unix.EINTR {
				panic(err)
			}
		}
	})
}
