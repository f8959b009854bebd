package logs

import (
	"time"
)

func (e *plainEngine) process(key string, pid int) {
	if f := e.find(key); f != nil {
		f.later(func() { f.process(pid) })
	}
}

// later has f called on another goroutine, one call after the other.
func (f *plainFeed) later(call func()) {
	f.asked.Lock()
	defer f.asked.Unlock()
	if f.asks = append(f.asks, call); len(f.asks) == 1 {
		go f.answer()
	}
}

func (f *plainFeed) answer() {
	for {
		f.asked.Lock()
		next := f.asks[0]
		f.asked.Unlock()
		next()
		f.asked.Lock()
		f.asks = f.asks[1:]
		left := len(f.asks)
		f.asked.Unlock()
		if left == 0 {
			return
		}
	}
}

// process: see Pump.Process.
func (f *plainFeed) process(pid int) {
	f.drain()
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.lines == nil:
	case pid != 0:
		if f.lines.pid == 0 {
			close(f.named)
		}
		f.lines.pid = pid
	case f.path != "":
		defer f.begin()()
		f.putLines(true)
	}
}

// awaitName waits until it is known which process the first bytes are of: a
// program may print before whoever started it has heard that it runs.
func (f *plainFeed) awaitName() {
	f.mu.Lock()
	wait := !f.waited && f.lines != nil && f.lines.json && f.lines.pid == 0
	f.waited = f.waited || wait
	f.mu.Unlock()
	if !wait {
		return
	}
	select {
	case <-f.named:
	case <-f.stop:
	case <-time.After(maxHold):
	}
}

func (e *plainEngine) flush(key string) error {
	f := e.find(key)
	if f == nil {
		return ErrUnknown
	}
	f.drain()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.out == nil {
		return nil
	}
	if was, err := f.out.empty(); err != nil || !was {
		return err
	}
	return e.files.keeper.flush(f.out.path)
}

func (e *plainEngine) reopenAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.feeds {
		f.mu.Lock()
		f.lookNow()
		if f.path != "" {
			f.begin()()
		}
		f.mu.Unlock()
	}
}

// lookNow has the next bytes go to where path leads then.
func (f *plainFeed) lookNow() {
	f.looked = time.Time{}
	if f.out != nil {
		f.out.mu.Lock()
		f.out.looked = time.Time{}
		f.out.mu.Unlock()
	}
}
