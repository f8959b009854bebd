package logs

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a drain waits for a tap that takes nothing.
const patience = time.Second

// tap copies what a pipe brings to a stream that may block: a terminal, a pipe.
// The pump duplicates the bytes into a pipe of the tap's (tee(2), which never
// waits), and a goroutine writes them out from there. While the tap's pipe is
// full, the pump leaves the bytes in the program's pipe, so a stopped terminal
// stops its own program in the end, as it would without us, and no other.
type tap struct {
	pipe    int   // the write end
	ahead   int64 // bytes at the head of the program's pipe that the tap has already
	watched bool  // the poller knows pipe
	skip    bool  // it was waited for in vain; copy nothing until it takes bytes again

	to *os.File

	mu      sync.Mutex
	given   int64            // bytes put into the pipe
	taken   int64            // of these: written or refused
	refused func(int, error) // told of bytes that could not be written; may be nil
	changed chan struct{}    // closed at every change of taken
}

// newTap starts a tap that writes to f, which it owns even after an error.
func newTap(f *os.File) (*tap, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		f.Close()
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	t := &tap{pipe: p[1], to: unblocked(f), changed: make(chan struct{})}
	go t.run(os.NewFile(uintptr(p[0]), "tap"))
	return t, nil
}

// unblocked opens a terminal or pipe once more, nonblocking: the flag belongs
// to the open file, which others may share. Where that cannot be done a
// blocking f will do; it costs a thread while it blocks.
func unblocked(f *os.File) *os.File {
	st, err := f.Stat()
	if err != nil || st.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) == 0 {
		return f
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return f
	}
	again := -1
	conn.Control(func(fd uintptr) {
		again, err = unix.Open("/proc/self/fd/"+strconv.Itoa(int(fd)), openFlags|unix.O_NOCTTY, 0)
	})
	if err != nil || again < 0 {
		return f
	}
	f.Close()
	return os.NewFile(uintptr(again), f.Name())
}

// run writes until the pump closes its end. It goes on reading when the stream
// is broken, so that the program is not held back.
func (t *tap) run(from *os.File) {
	defer from.Close()
	defer t.to.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			done, failed := t.to.Write(buf[:n])
			t.note(n, n-done, failed)
		}
		if err != nil {
			return
		}
	}
}

func (t *tap) note(taken, lost int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken += int64(taken)
	if err != nil && t.refused != nil {
		t.refused(lost, err)
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// report lets refused know of what cannot be written from now on.
func (t *tap) report(refused func(int, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = refused
}

// tee copies up to n bytes from the head of the pipe and returns EAGAIN when
// there is nothing to copy or no room.
func (t *tap) tee(pipe int, n int64) error {
	m, err := unix.Tee(pipe, t.pipe, int(n), unix.SPLICE_F_NONBLOCK)
	if err != nil {
		return err
	}
	t.ahead = m
	t.mu.Lock()
	t.given += m
	t.mu.Unlock()
	return nil
}

// flush waits until all that was given has been taken, or nothing was for a while.
func (t *tap) flush() {
	t.mu.Lock()
	goal := t.given
	t.mu.Unlock()
	for {
		t.mu.Lock()
		left, changed := goal-t.taken, t.changed
		t.mu.Unlock()
		if left <= 0 {
			return
		}
		select {
		case <-changed:
		case <-time.After(patience):
			return
		}
	}
}

// finish lets the tap end when it has written what it has.
func (t *tap) finish() { unix.Close(t.pipe) }

// hurry refuses what the stream does not take at once, so that the tap can end,
// unless it is stuck in a file that cannot be nonblocking.
func (t *tap) hurry() { t.to.SetWriteDeadline(time.Unix(1, 0)) }
