package logs

import (
	"context"
	"errors"
)

// Source is a log file to follow, and whose output it holds.
type Source struct {
	App      string
	ID       int
	Instance int    // -1: of several instances
	Path     string // absolute
	Stream   string // "out" or "err"
}

// Line is one line of a Source, without its newline. Text may hold any bytes
// and belongs to the receiver.
type Line struct {
	App          string
	ID, Instance int
	Stream       string // "out" or "err"
	Text         []byte
}

// Follow emits the last lines of each source (last of them; 0: none; negative:
// all) and then each new one, until ctx ends, which is no error. It survives a
// file that does not exist yet, is emptied, renamed or made anew.
// emit is called from one goroutine at a time.
func Follow(ctx context.Context, sources []Source, last int, emit func(Line)) error {
	return errors.ErrUnsupported
}
