package logs

import (
	"bytes"
	"time"
)

// Source is a log to read, and whose output it holds.
type Source struct {
	App      string
	ID       int
	Instance int    // -1: of several instances
	Path     string // absolute
	Stream   string // "out" or "err"
	// JSON: its lines are objects with a timestamp, as Lines.JSON makes them.
	JSON bool
	// Only tells which of its lines are wanted at all; nil: each one.
	Only func(text []byte) bool
}

// Line is one line of a Source, without its newline. Text may hold any bytes
// and belongs to the receiver.
type Line struct {
	App          string
	ID, Instance int
	Stream       string // "out" or "err"
	JSON         bool
	Text         []byte
}

// Query says which lines of a log are wanted.
type Query struct {
	// Last is how many of the last ones of those that fit, of each source; 0:
	// none, negative: all.
	Last int
	// Since and Until bound the time when a line was written; zero: no bound.
	// Objects with a timestamp are held to it. Else the time index is asked, by
	// which up to indexReach too much may be found, and where there is none the
	// times of the files.
	Since, Until time.Time
	// Match tells whether a line is wanted; nil: each one.
	Match func(text []byte) bool
	// More tells Follow of sources that are there since its last call. It is
	// called about once a second. Of these, what was written since then is shown.
	More func() []Source
	// Pause, if there is one, is called when Follow has emitted what there is and
	// waits for more.
	Pause func()
}

// wants returns what a line of a source has to be like; nil: anything.
func (q *Query) wants(s *Source) func(text []byte) bool {
	timed := s.JSON && !(q.Since.IsZero() && q.Until.IsZero())
	if !timed && s.Only == nil {
		return q.Match
	}
	return func(text []byte) bool {
		return !(timed && q.misses(text)) && (s.Only == nil || s.Only(text)) && (q.Match == nil || q.Match(text))
	}
}

// misses tells whether an object is of another time.
func (q *Query) misses(text []byte) bool {
	at, known := timestamp(text)
	return known && (at.Before(q.Since) || !q.Until.IsZero() && at.After(q.Until))
}

// timestamp is that of a JSON object as Lines makes them, if it has the usual form.
func timestamp(text []byte) (at time.Time, known bool) {
	rest, ok := bytes.CutPrefix(text, []byte(`{"timestamp":"`))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(rest[:end]))
	return at, err == nil
}

// cutter cuts bytes into lines.
type cutter struct {
	out   func(text []byte) // gets each line; text is valid until it returns
	part  []byte            // a line that has no newline yet
	grew  bool              // part did, since whoever cares set it to false
	split bool              // the beginning of this line has been given out
}

// maxLine is how much of a line is held before it is given out in parts.
const maxLine = 1 << 20

// write gives out the lines that end in b.
func (c *cutter) write(b []byte) {
	for len(b) > 0 {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		switch {
		case ended && len(c.part) == 0 && !c.split:
			c.out(line)
		case ended:
			c.part = append(c.part, line...)
			c.end()
		default:
			c.part, c.grew = append(c.part, line...), true
			if len(c.part) >= maxLine {
				c.flush()
			}
		}
		b = rest
	}
}

// end gives out a line that ends here, unless all of it has been.
func (c *cutter) end() {
	if !c.split || len(c.part) > 0 {
		c.out(c.part)
	}
	c.part, c.split = c.part[:0], false
}

// flush gives out what there is of a line.
func (c *cutter) flush() {
	if len(c.part) > 0 {
		c.out(c.part)
		c.part, c.split = c.part[:0], true
	}
}

// restart makes what follows another line.
func (c *cutter) restart() {
	c.flush()
	c.split = false
}
