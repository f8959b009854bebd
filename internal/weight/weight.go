// Package weight keeps the background processes light. They sleep most of
// their life, and what Go's runtime and the kernel keep for them at a start or
// in a burst of work would stay resident for all of it.
package weight

import (
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// quiet is how long after the last piece of work memory is given back. It is
// long enough for a burst to be over.
const quiet = 2 * time.Second

// Bound limits what the runtime takes: it would let the heap grow to 4 MiB
// before it collects, and keep caches for each core of a large machine.
func Bound() {
	runtime.GOMAXPROCS(min(2, runtime.NumCPU()))
	debug.SetGCPercent(25)
}

// Trimmer gives memory back once after each burst of work. While nothing is
// done it has no timer.
type Trimmer struct {
	mu      sync.Mutex
	last    time.Time // of the last Worked
	pending bool
}

// Worked says that something was done. It costs little and may be called often.
func (t *Trimmer) Worked() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.Now()
	if !t.pending {
		t.pending = true
		time.AfterFunc(quiet, t.due)
	}
}

// due trims when it has been quiet for long enough, else it waits for the rest.
func (t *Trimmer) due() {
	t.mu.Lock()
	rest := quiet - time.Since(t.last)
	if rest > 0 {
		time.AfterFunc(rest, t.due)
		t.mu.Unlock()
		return
	}
	t.pending = false
	t.mu.Unlock()
	debug.FreeOSMemory()
	dropCode()
}
