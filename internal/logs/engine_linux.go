package logs

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// portion is how many bytes of one pipe are moved before the others have theirs.
const portion = 1 << 20

// calls are the system calls that tests let fail.
type calls struct {
	splice func(from, to int, at *int64, n int64) (int64, error)
	open   func(path string) (opened, error)
}

func kernel() calls {
	return calls{splice: spliceTo, open: open}
}

func spliceTo(from, to int, at *int64, n int64) (int64, error) {
	m, err := unix.Splice(from, nil, to, at, int(n), unix.SPLICE_F_NONBLOCK)
	return int64(m), err
}

// engine is the Pump on Linux: one goroutine, the loop, for all pipes.
type engine struct {
	sys   calls
	poll  *poller
	null  int // /dev/null
	began time.Time
	done  chan struct{} // closed when the loop has ended
	turns atomic.Uint64 // of the loop

	mu     sync.Mutex
	closed bool
	asks   []func() // for the loop
	feeds  map[string]*feed

	// The loop's own.
	files   outfiles
	byFD    map[int]*feed // by pipe, and by the pipes of taps
	queue   []*feed
	resting []*feed
	grown   int
	scratch *scratch
	text    []byte  // lines that are put together
	keeper  *keeper // any goroutine's
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
		feeds: map[string]*feed{}, files: outfiles{}, byFD: map[int]*feed{}, keeper: newKeeper(),
	}
	go e.run()
	return e, nil
}

// now is the time since the start: half of a time.Time.
func (e *engine) now() time.Duration { return time.Since(e.began) }

// ask lets the loop call f; false: it has ended or will.
func (e *engine) ask(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.asks = append(e.asks, f)
	e.poll.ring()
	return true
}

// call lets the loop call f and returns its answer, or ErrClosed.
func (e *engine) call(f func() error) error {
	answer := make(chan error, 1)
	if !e.ask(func() { answer <- f() }) {
		return ErrClosed
	}
	return <-answer
}

func (e *engine) find(key string) *feed {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.feeds[key]
}

func (e *engine) attach(key string, pipe *os.File, sink Sink) error {
	f, err := newFeed(key, pipe)
	if err != nil {
		closeFile(sink.Also)
		return err
	}
	t, err := e.prepare(sink)
	if err != nil {
		unix.Close(f.pipe)
		return err
	}
	if err := e.call(func() error { return e.add(f, t) }); err != nil {
		t.drop()
		unix.Close(f.pipe)
		return err
	}
	return t.failure()
}

func (e *engine) resink(key string, sink Sink) error {
	t, err := e.prepare(sink)
	if err == nil {
		if err = t.failure(); err == nil {
			err = e.call(func() error { return e.redirect(key, t) })
		}
		if err != nil {
			t.drop()
		}
	}
	return err
}

func (e *engine) drain(key string, f func()) {
	asked := e.ask(func() {
		if !e.drainFeed(e.feeds[key], f) {
			go f()
		}
	})
	if !asked {
		go f()
	}
}

func (e *engine) detach(key string) {
	f := e.find(key)
	if f == nil {
		return
	}
	e.process(key, 0)
	drained := make(chan struct{})
	e.drain(key, func() { close(drained) })
	<-drained
	e.call(func() error { e.remove(f); return nil })
}

func (e *engine) process(key string, pid int) {
	e.ask(func() {
		if f := e.feeds[key]; f != nil && f.lines != nil {
			e.changeProcess(f, pid)
		}
	})
}

func (e *engine) flush(key string) error {
	drained := make(chan struct{})
	e.drain(key, func() { close(drained) })
	<-drained
	path := ""
	err := e.call(func() error {
		f := e.feeds[key]
		if f == nil {
			return ErrUnknown
		}
		if f.kind == regular {
			path = resolve(f.path)
		}
		return e.emptyFile(f)
	})
	if err != nil || path == "" {
		return err
	}
	return e.keeper.flush(path)
}

func (e *engine) reopenAll() {
	e.call(func() error {
		for _, f := range e.feeds {
			if f.kind == regular && (f.out == nil || !f.out.isAt(f.path)) {
				if err := e.remake(f); err != nil {
					f.fail(err)
				}
			}
		}
		return nil
	})
}

func (e *engine) lost(key string) (uint64, error) {
	f := e.find(key)
	if f == nil {
		return 0, ErrUnknown
	}
	if why := f.why.Load(); why != nil {
		return f.lost.Load(), *why
	}
	return f.lost.Load(), nil
}

func (e *engine) close() {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	if first {
		e.poll.ring()
	}
	e.mu.Unlock()
	<-e.done
	e.keeper.close()
}
