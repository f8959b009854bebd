package monit

import (
	"sync"
	"time"
)

// pace is how often new lines are shown at most.
const pace = 50 * time.Millisecond

// inbox collects lines of output between two frames. However fast a program
// prints, it holds no more than can be scrolled through.
type inbox struct {
	ready chan struct{} // there is something to take

	mu    sync.Mutex
	who   int // lines of an earlier reader are not wanted any more
	lines []logLine
	fault error
	due   bool // ready will be told
}

// begin empties the inbox for a new reader and returns its number.
func (b *inbox) begin() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.who++
	b.lines, b.fault = nil, nil
	return b.who
}

// put takes a line, or what went wrong, from a reader.
func (b *inbox) put(who int, l logLine, fault error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if who != b.who {
		return
	}
	if fault != nil {
		b.fault = fault
	} else {
		b.lines = append(b.lines, l)
	}
	if len(b.lines) > 2*keptLines {
		b.lines = append(b.lines[:0], b.lines[len(b.lines)-keptLines:]...)
	}
	if !b.due {
		b.due = true
		time.AfterFunc(pace, b.tell)
	}
}

func (b *inbox) tell() {
	select {
	case b.ready <- struct{}{}:
	default: // whoever was told before takes this too
	}
}

// take hands over what there is.
func (b *inbox) take() ([]logLine, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines, fault := b.lines, b.fault
	b.lines, b.fault, b.due = nil, nil, false
	return lines, fault
}
