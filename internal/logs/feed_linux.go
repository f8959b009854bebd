package logs

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Where the loop has a feed.
const (
	armed   = iota // watched by the poller
	queued         // has more bytes; served at the next turn
	paused         // served when due
	held           // a tap is full
	stalled        // its disk does not answer
	partial        // the beginning of a line is in it; watched for changes, and looked at when due
	ended          // nobody can write to the pipe any more
)

// What a move left in the pipe.
const (
	emptied = iota
	more
	stuck // bytes that a tap has no room for
	begun // the beginning of a line
	shut  // bytes, and the file has a line of another feed open
	gone  // nothing, for good
)

// feed is one attached pipe. All but the atomic fields belongs to the loop.
type feed struct {
	key  string
	path string
	pipe int      // the read end
	size int64    // of the pipe
	kind uint8    // regular, or null: discard
	out  *outfile // nil: kind is null, or the file cannot be opened
	dev  uint64   // the disk of the last one
	taps []*tap
	sink Sink // what else it says

	lines *liner        // nil: bytes as they are
	ends  []ending      // of processes whose last bytes are still in the pipe
	asked time.Duration // since when its PID is waited for
	part  int64         // bytes of a line that has no end yet, as of the last look
	fresh int64         // how much of it was new then
	still time.Duration // for how long nothing was, as far as it was looked for
	edge  bool          // the poller watches for further ones

	state    uint8
	failing  bool // writing failed in this batch
	busy     uint8
	pace     pace
	due      time.Duration // paused: until when
	looked   time.Duration // when path was compared with out
	tried    time.Duration // when path was opened in vain
	patience time.Duration // when a drain gives up on full taps; 0: none waits

	leaving bool  // it is let go of when its pipe is empty
	flight  int64 // bytes at the head of the pipe that are being written from memory
	early   int64 // of these: taken out already
	spilled bool  // the disk does not answer and the pipe was full: all is lost until it does
	cut     bool  // bytes were, and no line has begun since
	torn    bool  // so was the beginning of the next line

	moved uint64 // bytes taken out of the pipe
	waits []waiter

	cause error // what why says
	loss
}

// ending is where what a process printed ends: when so many bytes have been
// moved. next is the PID of the one that follows; 0: not known yet.
type ending struct {
	at   uint64
	next int
}

// waiter is a drain: f is called when moved has reached mark or the pipe is empty.
type waiter struct {
	mark uint64
	f    func()
}

// newFeed takes the read end of a pipe over from pipe, which is closed. A
// plain descriptor is smaller than an os.File, and Go's poller lets go of it.
func newFeed(key string, pipe *os.File) (*feed, error) {
	defer pipe.Close()
	fd, err := duplicate(pipe)
	if err != nil {
		return nil, fmt.Errorf("pipe of %s: %w", key, err)
	}
	size, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("pipe of %s: %w", key, err)
	}
	return &feed{key: key, pipe: fd, size: int64(size)}, nil
}

// disk is the one of the file, as far as it is known: 0 if not.
func (f *feed) disk() uint64 {
	if f.out != nil {
		return f.out.id.dev
	}
	return f.dev
}

// pending returns how many bytes are in a pipe.
func pending(pipe int) int64 {
	n, err := unix.IoctlGetInt(pipe, unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return int64(n)
}

// offer returns how many of the bytes at the head of the pipe may leave it now
// (at most n), because all taps have them; with 0, also why.
func (f *feed) offer(n int64) (may int64, left int) {
	for _, t := range f.taps {
		if t.ahead == 0 && !t.skip {
			err := t.tee(f.pipe, n)
			switch {
			case err == unix.EAGAIN && pending(f.pipe) == 0:
				return 0, emptied
			case err == unix.EAGAIN:
				return 0, stuck
			case err != nil:
				t.skip = true // never, by tee(2); the file goes on
			case t.ahead == 0:
				return 0, gone
			}
		}
		if !t.skip {
			n = min(n, t.ahead)
		}
	}
	return n, more
}

// took notes that n bytes have left the pipe.
func (f *feed) took(n int64) {
	f.moved += uint64(n)
	for _, t := range f.taps {
		t.ahead = max(t.ahead-n, 0)
	}
}

// landed ends the writing of what was in flight, and returns how many bytes of it
// have left the pipe already.
func (f *feed) landed() (early int64) {
	early = f.early
	f.flight, f.early = 0, 0
	return early
}

// giveUp goes on without the taps that have no room.
func (f *feed) giveUp() {
	for _, t := range f.taps {
		t.skip = t.ahead == 0
	}
}

// settle calls the drains that are done.
func (f *feed) settle(left int) {
	keep := f.waits[:0]
	for _, w := range f.waits {
		if left == emptied || left == begun || left == gone || f.moved >= w.mark {
			f.release(w)
		} else {
			keep = append(keep, w)
		}
	}
	clear(f.waits[len(keep):])
	if f.waits = keep; len(keep) == 0 {
		f.waits, f.patience = nil, 0
	}
}

// release calls a drain's function when the taps have written, too.
func (f *feed) release(w waiter) {
	taps := f.taps
	go func() {
		for _, t := range taps {
			t.flush()
		}
		w.f()
	}()
}

// follow takes note of what a sink says beside the path.
func (f *feed) follow(s Sink) {
	if s.Lines != f.sink.Lines {
		last := f.lines
		f.lines = newLiner(s.Lines)
		if last != nil && f.lines != nil {
			f.lines.pid = last.pid
		}
	}
	f.sink = s
}

// fail notes why bytes of this batch cannot be written.
func (f *feed) fail(err error) {
	f.failing = true
	if err != f.cause {
		f.complain(err)
	}
}

// complain notes what is wrong and nothing has been lost by yet.
func (f *feed) complain(err error) {
	f.cause = err
	f.refuse(f.path, 0, err)
}

// refuse counts bytes that could not be written. Any goroutine may call it.
func (f *feed) refuse(path string, n int, err error) {
	f.lost.Add(uint64(n))
	why := inWords(path, err)
	f.why.Store(&why)
}

// regain says that the disk answers again.
func (f *feed) regain() {
	f.content()
	if f.lost.Load() > 0 {
		f.refuse(f.path, 0, errWasSilent)
	}
}

// content takes back what was wrong, unless bytes were lost by it.
func (f *feed) content() {
	if f.cause = nil; f.lost.Load() == 0 {
		f.why.Store(nil)
	}
}
