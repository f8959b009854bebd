package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// ask is something for the loop to do.
type ask struct {
	do   func()
	late chan struct{} // closed when it waits for a disk
}

// ask lets the loop call f; nil: it has ended or will.
func (e *engine) ask(f func()) *ask {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	a := &ask{f, make(chan struct{})}
	e.asks = append(e.asks, a)
	e.poll.ring()
	return a
}

// call lets the loop call f and returns its answer, or ErrClosed. With errPending
// f is still under way.
func (e *engine) call(f func() error) error {
	answer := make(chan error, 1)
	a := e.ask(func() { answer <- f() })
	if a == nil {
		return ErrClosed
	}
	select {
	case err := <-answer:
		return err
	case <-a.late:
	}
	return within(silence, answer)
}

// answer does what was asked; false: the Pump was closed.
func (e *engine) answer() bool {
	e.poll.hush()
	for {
		e.mu.Lock()
		if len(e.asks) == 0 {
			defer e.mu.Unlock()
			return !e.closed
		}
		a := e.asks[0]
		e.asks = e.asks[1:]
		e.mu.Unlock()
		e.asking = a
		a.do()
		e.asking = nil
	}
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
	err = e.call(func() error { return e.add(f, t) })
	if err == errPending {
		return &SinkError{sink.Path, errSilent}
	}
	if err != nil {
		t.drop()
		unix.Close(f.pipe)
		return err
	}
	return t.failure()
}

func (e *engine) resink(key string, sink Sink) error {
	t, err := e.prepare(sink)
	if err != nil {
		return err
	}
	if err = t.failure(); err == nil {
		err = e.call(func() error { return e.redirect(key, t) })
	}
	if err != nil && err != errPending {
		t.drop()
	}
	return err
}

func (e *engine) drain(key string, f func()) {
	asked := e.ask(func() {
		if !e.drainFeed(e.feeds[key], f) {
			go f()
		}
	})
	if asked == nil {
		go f()
	}
}

// drainNow is drain that waits.
func (e *engine) drainNow(key string) {
	drained := make(chan struct{})
	e.drain(key, func() { close(drained) })
	<-drained
}

func (e *engine) detach(key string) {
	f := e.find(key)
	if f == nil {
		return
	}
	e.process(key, 0)
	e.drainNow(key)
	e.call(func() error { e.dismiss(f); return nil })
}

func (e *engine) process(key string, pid int) {
	e.ask(func() {
		if f := e.feeds[key]; f != nil && f.lines != nil {
			e.changeProcess(f, pid)
		}
	})
}

func (e *engine) flush(key string) error {
	e.drainNow(key)
	var path string
	var dev uint64
	err := e.call(func() error {
		f := e.feeds[key]
		if f == nil {
			return ErrUnknown
		}
		if f.kind == regular {
			path, dev = f.path, f.disk()
		}
		return e.emptyFile(f)
	})
	if err != nil || path == "" {
		return err
	}
	return Within(silence, func() error { return e.keeper(dev).flush(resolve(path)) })
}

func (e *engine) reopenAll() {
	e.call(func() error {
		for _, f := range e.feeds {
			if f.kind == regular && e.silent(f) == nil && !e.isAtPath(f) {
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
	return f.told()
}
