package api

import (
	"bytes"
	"context"
	"time"

	"forever/internal/wire"
)

// stream is an answer of wire.Events, one line each.
type stream struct {
	conn *conn
	gone context.CancelFunc // called once the client takes no more
	buf  bytes.Buffer
	lost bool // the client is gone
	done bool // the last line was written
}

// open sends the head, so that the client knows that it was understood.
func (s *stream) open() {
	appendHead(&s.buf, statusOK, typeStream, "")
	s.flush()
}

// emit sends one event at once. Nothing follows wire.EventDone.
func (s *stream) emit(e wire.Event) {
	if s.lost || s.done {
		return
	}
	s.done = e.Type == wire.EventDone
	if err := encode(&s.buf, e); err != nil {
		// A time outside of the years 0 to 9999 is all that does not encode.
		s.buf.Reset()
		return
	}
	s.flush()
}

func (s *stream) flush() {
	if err := s.conn.send(s.buf.Bytes()); err != nil {
		s.lost = true
		s.gone()
	}
	s.buf.Reset()
}

// stream runs work, which emits into an answer, until it returns. ctx of work
// also ends when the client hangs up.
func (s *server) stream(ctx context.Context, c *conn, work func(context.Context, func(wire.Event))) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.attend(cancel)()

	out := &stream{conn: c, gone: cancel}
	out.open()
	work(ctx, out.emit)
	if ctx.Err() == nil {
		out.emit(wire.Event{Type: wire.EventDone, At: time.Now().UTC(), Instance: -1})
	}
}
