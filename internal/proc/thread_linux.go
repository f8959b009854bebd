package proc

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// OnThread runs f on a thread of its own and returns when f has. The thread ends
// with it, whatever f has made of it. The first thread of the process is none to
// give up: what /proc shows of the process is that one's.
func OnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and not unlocked: the thread ends with the goroutine
		if unix.Gettid() != os.Getpid() {
			f()
			return
		}
		defer runtime.UnlockOSThread()
		OnThread(f) // this one is taken meanwhile
	}()
	<-done
}
