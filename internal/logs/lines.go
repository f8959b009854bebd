package logs

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// Lines says what the lines of a pipe look like in the log. With it only whole
// lines are written, so that lines of several pipes in one file never mix. What
// has no newline yet stays in the pipe until the line or the process ends. A
// line that the pipe has no room for (64 KiB) is written in pieces, one behind
// the other, while the file's other pipes wait, for at most maxHold.
//
// Bytes leave the pipe after they were written. A process that is killed in
// between has the successor write the last chunk, of at most 64 KiB, once more.
type Lines struct {
	// Time is the format of a timestamp before each line (see parseStamp), or
	// of the one in a JSON object; empty: none, or RFC 3339 with milliseconds.
	Time string
	// JSON: each line becomes an object with timestamp, message, stream, app,
	// instance and pid. Bytes that are not UTF-8 become U+FFFD there.
	JSON     bool
	App      string
	Instance int
	Stream   string
}

// maxHold is how long a line that is written in pieces keeps the file's other
// pipes waiting, and how long the first lines wait for the PID of their process.
const maxHold = time.Second

// liner cuts what one pipe brings into lines of a log.
type liner struct {
	json  bool
	stamp stamp
	plain bool   // text without a timestamp
	tail  []byte // of an object, up to the pid
	pid   int
	open  bool // a line's beginning was written, and its end was not

	at   time.Time // the moment of head
	head []byte    // what a line begins with
}

func newLiner(l *Lines) *liner {
	if l == nil {
		return nil
	}
	format := l.Time
	if format == "" && l.JSON {
		format = "ISO8601"
	}
	n := &liner{json: l.JSON, plain: format == "", stamp: parseStamp(format)}
	if l.JSON {
		n.tail = appendJSON([]byte(`","stream":"`), []byte(l.Stream))
		n.tail = appendJSON(append(n.tail, `","app":"`...), []byte(l.App))
		n.tail = strconv.AppendInt(append(n.tail, `","instance":`...), int64(l.Instance), 10)
		n.tail = append(n.tail, `,"pid":`...)
	}
	return n
}

// now sets the moment of the lines that follow.
func (n *liner) now(at time.Time) {
	if n.plain || at.Sub(n.at).Abs() < time.Millisecond && n.head != nil {
		return
	}
	n.at, n.head = at, n.head[:0]
	if !n.json {
		n.head = append(n.stamp.append(n.head, at), ": "...)
		return
	}
	n.head = append(n.head, `{"timestamp":"`...)
	var text [64]byte
	n.head = appendJSON(n.head, n.stamp.append(text[:0], at))
	n.head = append(n.head, `","message":"`...)
}

// lines appends the whole lines of b to dst, until that has limit bytes, and
// tells how many bytes of b they were.
func (n *liner) lines(dst, b []byte, limit int) (out []byte, used int) {
	for len(dst) < limit {
		i := bytes.IndexByte(b[used:], '\n')
		if i < 0 {
			break
		}
		dst = n.end(n.part(dst, b[used:used+i]))
		used += i + 1
	}
	return dst, used
}

// part appends a line's beginning, or what comes after it.
func (n *liner) part(dst, b []byte) []byte {
	if !n.open {
		dst = append(dst, n.head...)
		n.open = true
	}
	if n.json {
		return appendJSON(dst, b)
	}
	return append(dst, b...)
}

// end ends a line that part began.
func (n *liner) end(dst []byte) []byte {
	n.open = false
	if n.json {
		dst = append(dst, n.tail...)
		dst = append(strconv.AppendInt(dst, int64(n.pid), 10), '}')
	}
	return append(dst, '\n')
}

// cut returns how much of b, a piece of a line, may be written before its rest
// is known: no rune is cut in two in an object.
func (n *liner) cut(b []byte) int {
	if !n.json {
		return len(b)
	}
	for back := 1; back <= min(utf8.UTFMax-1, len(b)-1); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-back:]) {
				return len(b) - back
			}
			break
		}
	}
	return len(b)
}

// appendJSON appends b as the inside of a JSON string.
func appendJSON(dst, b []byte) []byte {
	const hex = "0123456789abcdef"
	from := 0
	for i := 0; i < len(b); {
		c := b[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if c >= utf8.RuneSelf && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = append(dst, b[from:i]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c < ' ':
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		default:
			dst = append(dst, "\uFFFD"...)
		}
		i += size
		from = i
	}
	return append(dst, b[from:]...)
}
