package logs

import (
	"bytes"
	"context"
	"errors"
)

// Read emits the lines of a source that a query wants, the oldest first, through
// all files of the log, also compressed ones. It holds a line of at most 1 MiB;
// a longer one is emitted in parts. A log that does not exist has no lines.
func Read(ctx context.Context, s Source, q Query, emit func(Line)) error {
	r := newReading(s, &q, emit)
	h, err := r.history(ctx, &q)
	r.flush()
	h.close()
	return err
}

// reading is a source of which lines are emitted.
type reading struct {
	Source
	cutter
	wanted func([]byte) bool // nil: each line
	skip   int               // so many wanted lines are not emitted
}

func newReading(s Source, q *Query, emit func(Line)) *reading {
	r := &reading{Source: s, wanted: q.wants(&s)}
	r.out = func(text []byte) {
		switch {
		case r.wanted != nil && !r.wanted(text):
		case r.skip > 0:
			r.skip--
		default:
			emit(Line{s.App, s.ID, s.Instance, s.Stream, s.JSON, bytes.Clone(text)})
		}
	}
	return r
}

// history emits what is in the files of the log and returns these, open, as they
// were found. A last line without a newline has not been emitted yet if it is
// that of the current file.
func (r *reading) history(ctx context.Context, q *Query) (history, error) {
	for {
		h, err := openHistory(r.Path)
		if err != nil {
			return nil, err
		}
		list, err := h.spans(q, r.wanted)
		if errors.Is(err, errShrunk) {
			h.close()
			continue
		}
		for i := 0; i < len(list) && err == nil; i++ {
			r.restart()
			r.skip = list[i].skip
			err = list[i].read(ctx, r.write)
			r.skip = 0
		}
		if err != nil {
			h.close()
			return nil, err
		}
		return h, nil
	}
}
