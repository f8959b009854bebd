package boot

import (
	"runtime"
	"runtime/debug"
)

// keepLight bounds what Go's runtime takes for a process that mostly sleeps: it
// would let the heap grow to 4 MiB before it collects, and keep caches for
// each core of a large machine.
func keepLight() {
	runtime.GOMAXPROCS(min(2, runtime.NumCPU()))
	debug.SetGCPercent(25)
}
