package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"forever/internal/wire"
)

// Every answer ends its connection, so a body needs no length: it goes on to
// the end. The client knows a whole answer by its JSON, a whole stream by its
// last line.
const (
	typeJSON   = "application/json"
	typeStream = "application/x-ndjson"
)

// appendHead appends the head of an answer to b.
func appendHead(b *bytes.Buffer, status int, contentType, more string) {
	fmt.Fprintf(b, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n%sConnection: close\r\n\r\n",
		status, statusText(status), contentType, more)
}

// reply answers with v as one JSON value.
func (c *conn) reply(status int, more string, v any) {
	var b bytes.Buffer
	appendHead(&b, status, typeJSON, more)
	if err := encode(&b, v); err != nil {
		return // v is ours and always encodes
	}
	_ = c.send(b.Bytes()) // a client that has gone needs no answer
}

// refuse answers with err where it is a *refusal. Any other error is the
// client's absence.
func (c *conn) refuse(err error) {
	r, ok := err.(*refusal)
	if !ok {
		return
	}
	more := ""
	if r.allow != "" {
		more = "Allow: " + r.allow + "\r\n"
	}
	c.reply(r.status, more, map[string]*wire.Error{"error": &r.what})
}

// encode appends v and a line feed. Nothing is escaped for HTML: these are
// command lines, not pages.
func encode(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// encodeWhole is encode that loses no byte of a path, an argument or a variable.
func encodeWhole(b *bytes.Buffer, v any) error {
	from := b.Len()
	if err := encode(b, v); err != nil || !wire.Lossy(b.Bytes()[from:]) {
		return err
	}
	b.Truncate(from)
	return encode(b, wire.Escape(v))
}
