package logs

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// portion is how many bytes of one pipe are moved before the others have theirs.
const portion = 1 << 20

// calls are the system calls that tests let fail.
type calls struct {
	splice   func(from, to int, at *int64, n int64) (int64, error)
	truncate func(fd int, size int64) error
	pending  func(pipe int) int64 // of a pipe that another call may keep locked
	open     func(path string) (opened, error)
}

func kernel() calls {
	return calls{splice: spliceTo, truncate: unix.Ftruncate, pending: pending, open: open}
}

func spliceTo(from, to int, at *int64, n int64) (int64, error) {
	m, err := unix.Splice(from, nil, to, at, int(n), unix.SPLICE_F_NONBLOCK)
	return int64(m), err
}

// engine is the Pump on Linux: one goroutine, the loop, for all pipes. While a
// disk does not answer, it leaves the goroutine that waits for it behind.
type engine struct {
	sys   calls
	poll  *poller
	open  Patience // with files that are opened
	null  int      // /dev/null
	began time.Time
	done  chan struct{} // closed when the loop has ended
	turns atomic.Uint64 // of the loop

	ticket  atomic.Uint64 // of the latest errand; odd: it is under way
	guarded atomic.Bool   // guard is set
	guard   *time.Timer
	seen    uint64 // the ticket when it was set; whoever sets it writes it

	mu     sync.Mutex
	closed bool
	ended  bool      // there is no loop any more
	asks   []*ask    // for the loop
	back   []*errand // who has come back
	feeds  map[string]*feed
	late   []*errand          // written by the loop, which reads it without mu
	keeps  map[uint64]*keeper // by disk: one that does not answer keeps no other waiting
	young  time.Duration      // how long files are left alone by them

	// The loop's own.
	behalf  *feed // for whom the errand under way is
	asking  *ask  // what the loop is doing
	files   outfiles
	byFD    map[int]*feed // by pipe, and by the pipes of taps
	queue   []*feed
	resting []*feed
	grown   int
	scratch *scratch
	text    []byte // lines that are put together

	comebacks int             // errands that took long and are over
	locking   map[uint64]bool // disks that have kept a pipe locked
}

func newEngine() (*engine, error) { return startEngine(kernel()) }

func startEngine(sys calls) (*engine, error) {
	null, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/null: %w", err)
	}
	poll, err := newPoller()
	if err != nil {
		unix.Close(null)
		return nil, err
	}
	e := &engine{
		sys: sys, poll: poll, null: null, began: time.Now(), done: make(chan struct{}),
		feeds: map[string]*feed{}, keeps: map[uint64]*keeper{}, young: restBeforePacking,
		files: outfiles{}, byFD: map[int]*feed{}, locking: map[uint64]bool{},
	}
	e.guard = time.AfterFunc(time.Hour, e.look)
	e.guard.Stop()
	go e.run()
	return e, nil
}

// now is the time since the start: half of a time.Time.
func (e *engine) now() time.Duration { return time.Since(e.began) }

// keeper is the one of the older files on a disk.
func (e *engine) keeper(dev uint64) *keeper {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := e.keeps[dev]
	if k == nil {
		k = newKeeper()
		k.rest = e.young
		e.keeps[dev] = k
	}
	return k
}

// close ends the loop. What waits for a disk ends when that answers.
func (e *engine) close() {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	if first {
		e.poll.ring()
	}
	e.mu.Unlock()
	<-e.done
	// A disk that does not answer keeps nobody from ending: what is compressed then
	// is done by whoever rotates next.
	_ = Within(silence, func() error {
		for _, k := range e.keeps { // there will be no more
			k.close()
		}
		return nil
	})
}
