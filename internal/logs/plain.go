package logs

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// plainEngine is the Pump where splice(2) is not to be had: a goroutine for each
// pipe reads and writes.
type plainEngine struct {
	mu     sync.Mutex
	closed bool
	feeds  map[string]*plainFeed
	live   sync.WaitGroup
	files  *plainFiles
}

// plainFeed is one attached pipe.
type plainFeed struct {
	pipe  *os.File
	stop  chan struct{} // closed: wait for no more bytes
	done  chan struct{} // closed when all is closed
	files *plainFiles
	asked sync.Mutex
	asks  []func() // the first is under way

	mu     sync.Mutex // held while bytes are neither in the pipe nor in the file
	buf    []byte
	path   string
	sink   Sink
	lines  *liner        // nil: bytes as they are
	part   []byte        // of a line that has no end yet
	named  chan struct{} // closed when a process was named
	waited bool          // for that
	text   []byte        // lines that are put together
	out    *plainFile    // nil: path is empty or cannot be opened
	also   *os.File
	looked time.Time // when it was seen where path leads

	loss
}

func newPlainEngine() *plainEngine {
	return &plainEngine{feeds: map[string]*plainFeed{}, files: newPlainFiles()}
}

func (e *plainEngine) attach(key string, pipe *os.File, sink Sink) error {
	pipe, err := pollable(pipe)
	if err != nil {
		closeFile(sink.Also)
		return fmt.Errorf("pipe of %s: %w", key, err)
	}
	f := &plainFeed{
		pipe: pipe, files: e.files, buf: make([]byte, 32<<10),
		stop: make(chan struct{}), done: make(chan struct{}), named: make(chan struct{}),
	}
	openErr := f.aim(sink)
	if err := e.add(key, f); err != nil {
		f.close()
		return err
	}
	if openErr != nil {
		return &SinkError{sink.Path, openErr}
	}
	return nil
}

func (e *plainEngine) add(key string, f *plainFeed) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return ErrClosed
	case e.feeds[key] != nil:
		return ErrAttached
	}
	e.feeds[key] = f
	e.live.Go(f.run)
	return nil
}

func (e *plainEngine) find(key string) *plainFeed {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.feeds[key]
}

func (e *plainEngine) drain(key string, done func()) {
	f := e.find(key)
	go func() {
		if f != nil {
			f.drain()
		}
		done()
	}()
}

func (e *plainEngine) detach(key string) {
	f := e.find(key)
	if f == nil {
		return
	}
	f.process(0)
	e.mu.Lock()
	if e.feeds[key] == f {
		delete(e.feeds, key)
		f.end()
	}
	e.mu.Unlock()
	<-f.done
}

func (e *plainEngine) resink(key string, sink Sink) error {
	f := e.find(key)
	if f == nil {
		closeFile(sink.Also)
		return ErrUnknown
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path, out, also, old := f.path, f.out, f.also, f.sink
	if err := f.aim(sink); err != nil {
		f.files.release(f.out, f)
		closeFile(f.also)
		f.path, f.out, f.also, f.sink = path, out, also, old
		return &SinkError{sink.Path, err}
	}
	f.files.release(out, f)
	closeFile(also)
	return nil
}

func (e *plainEngine) lost(key string) (uint64, error) {
	f := e.find(key)
	if f == nil {
		return 0, ErrUnknown
	}
	return f.told()
}

func (e *plainEngine) close() {
	e.mu.Lock()
	e.closed = true
	for key, f := range e.feeds {
		delete(e.feeds, key)
		f.end()
	}
	e.mu.Unlock()
	e.live.Wait()
	e.files.keeper.close()
}

// aim opens what a Sink names in place of what was there, which is the caller's
// to close.
func (f *plainFeed) aim(s Sink) error {
	f.path, f.also, f.out = s.Path, s.Also, nil
	if f.lines == nil || s.Lines != f.sink.Lines {
		f.lines = newLiner(s.Lines)
	}
	f.sink = s
	if s.Path == "" {
		return nil
	}
	first, err := f.open()
	if err == nil && first && s.Truncate {
		_, err = f.out.empty()
	}
	if err == nil && s.Rotate.active() {
		f.files.keeper.welcome(s.Path, s.Rotate.Files)
	}
	return err
}

// open opens the file that path leads to; first: no other pipe writes to it.
func (f *plainFeed) open() (first bool, err error) {
	f.looked = time.Now()
	out, first, err := f.files.share(f.path)
	if err != nil {
		f.fail(0, &SinkError{f.path, err})
		return false, err
	}
	f.out = out
	f.content()
	return first, nil
}

// run moves bytes until end.
func (f *plainFeed) run() {
	defer close(f.done)
	defer f.close()
	for waitReadable(f.pipe, f.stop) {
		f.awaitName()
		if f.moveSome() != nil {
			<-f.stop
		}
	}
}

// moveSome moves one buffer, unless a drain was quicker.
func (f *plainFeed) moveSome() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !readableNow(f.pipe) {
		return nil
	}
	return f.move()
}

// move moves one buffer. There are bytes in the pipe, or nobody can write to it.
func (f *plainFeed) move() error {
	n, err := f.pipe.Read(f.buf)
	if n > 0 {
		f.write(f.buf[:n])
	}
	return err
}

// look opens path, now and then, if it leads to another file by now.
func (f *plainFeed) look() {
	every := lookEvery
	if f.out == nil {
		every = openEvery
	}
	if time.Since(f.looked) < every {
		return
	}
	f.looked = time.Now()
	if f.out != nil && leadsTo(f.path, f.out.path) {
		return
	}
	old := f.out
	if _, err := f.open(); err == nil {
		f.files.release(old, f)
	}
}

// drain moves what is in the pipe.
func (f *plainFeed) drain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for left := pendingIn(f.pipe); left > 0; left -= len(f.buf) {
		if f.move() != nil {
			return
		}
	}
}

// end lets run return, which closes everything. It is called once.
func (f *plainFeed) end() {
	close(f.stop)
	interrupt(f.pipe)
}

func (f *plainFeed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pipe.Close()
	f.files.release(f.out, f)
	closeFile(f.also)
}

func (f *plainFeed) fail(n int, err error) {
	f.lost.Add(uint64(n))
	why := inWords(f.path, err)
	f.why.Store(&why)
}

// content takes back what was wrong, unless bytes were lost by it.
func (f *plainFeed) content() {
	if f.lost.Load() == 0 {
		f.why.Store(nil)
	}
}
