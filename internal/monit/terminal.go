package monit

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// What makes the terminal ours, and gives it back (xterm's control sequences):
// the second screen, so that what was there before comes back; no cursor; no new
// row when a character stands in the last column; and marks around what is
// pasted, so that it is not taken for keys.
const (
	takeScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h"
	giveScreen = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
)

// terminal is the window and its keyboard. It may be left by any goroutine.
type terminal struct {
	in  *os.File
	out io.Writer

	mu            sync.Mutex
	cooked        *term.State // how it was; nil: it is not ours
	width, height int         // of what was drawn last
	drawn         []string    // its rows
}

// enter makes the terminal ours. When it is already, it is put right again.
func (t *terminal) enter() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	state, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return fmt.Errorf("take the keyboard: %w", err)
	}
	if t.cooked == nil {
		t.cooked = state
	}
	t.drawn = nil
	_, err = io.WriteString(t.out, takeScreen)
	return err
}

// leave gives the terminal back as it was. It may be called twice.
func (t *terminal) leave() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cooked == nil {
		return nil
	}
	_, failed := io.WriteString(t.out, giveScreen)
	if err := term.Restore(int(t.in.Fd()), t.cooked); err != nil {
		failed = fmt.Errorf("give the keyboard back: %w", err)
	}
	t.cooked = nil
	return failed
}

// again has the next frame drawn as a whole.
func (t *terminal) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drawn = nil
}

// draw shows rows, of which it writes those that have changed. A terminal that
// is not ours any more is left alone.
func (t *terminal) draw(rows []string, width, height int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cooked == nil {
		return nil
	}
	_, err := io.WriteString(t.out, t.changes(rows, width, height))
	return err
}

// changes is what turns the drawn rows into others. A terminal that knows how
// shows all of it at once (the private mode 2026).
func (t *terminal) changes(rows []string, width, height int) string {
	var b strings.Builder
	if t.drawn == nil || width != t.width || height != t.height {
		t.drawn, t.width, t.height = make([]string, len(rows)), width, height
		b.WriteString("\x1b[2J")
	}
	for i, row := range rows {
		if row != t.drawn[i] {
			fmt.Fprintf(&b, "\x1b[%d;1H%s", i+1, row)
		}
	}
	copy(t.drawn, rows)
	if b.Len() == 0 {
		return ""
	}
	return "\x1b[?2026h" + b.String() + "\x1b[?2026l"
}
