package proc

import "golang.org/x/sys/unix"

// exitThread ends the calling thread and no other (_exit(2), C library notes).
func exitThread() { unix.Syscall(unix.SYS_EXIT, 0, 0, 0) }
