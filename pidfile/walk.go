package pidfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Why not encoding/json alone: to keep unknown fields it would read each app
// three times and copy it twice, and a Save would take every spec apart. Here
// check reads the text once, and the rest only cuts text that is known to be
// right. On text that is not right it fails or returns pieces that are not right
// either, but reads nothing beyond the end. Names and plain values are left to
// encoding/json.

// misplaced is an error with the place in the text where it was found.
type misplaced struct {
	offset int // in bytes from the beginning
	err    error
}

func (m *misplaced) Error() string { return m.err.Error() }
func (m *misplaced) Unwrap() error { return m.err }

// within moves the place of an error, found in a piece of text, to where it is
// in the text that the piece was cut from.
func within(err error, offset int) error {
	var m *misplaced
	if errors.As(err, &m) {
		return &misplaced{m.offset + offset, m.err}
	}
	return &misplaced{offset, err}
}

// cursor is a place in JSON text.
type cursor struct {
	text []byte
	at   int
}

// peek skips white space and returns the byte after it, 0 at the end.
func (c *cursor) peek() byte {
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// byte returns the byte at the cursor, 0 at the end.
func (c *cursor) byte() byte {
	if c.at < len(c.text) {
		return c.text[c.at]
	}
	return 0
}

// take goes past b if it comes next.
func (c *cursor) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.at++
	return true
}

// fail says what should have been here. Where a line breaks off, and the text
// ends or goes on as a line should begin, that is the end of the broken line.
func (c *cursor) fail(want string) error {
	end := len(bytes.TrimRight(c.text[:c.at], " \t\r\n"))
	if c.at >= len(c.text) {
		return &misplaced{end, fmt.Errorf("expected %s, but the text ends", want)}
	}
	newLine := bytes.IndexByte(c.text[end:c.at], '\n') >= 0
	if newLine && strings.IndexByte(`{}[]"`, c.text[c.at]) >= 0 {
		return &misplaced{end, fmt.Errorf("expected %s, but the line ends", want)}
	}
	r, _ := utf8.DecodeRune(c.text[c.at:])
	return &misplaced{c.at, fmt.Errorf("expected %s, not %q", want, r)}
}

// value goes past the value that comes next and returns it.
func (c *cursor) value() []byte {
	first := c.peek()
	from := c.at
	switch first {
	case '"':
		c.at = stringEnd(c.text, from)
	case '{', '[':
		c.at = nestedEnd(c.text, from)
	default:
		c.at = scalarEnd(c.text, from)
	}
	return c.text[from:c.at]
}

// stringEnd returns the place after the string that begins at i.
func stringEnd(text []byte, i int) int {
	for from := i + 1; ; {
		n := bytes.IndexByte(text[from:], '"')
		if n < 0 {
			return len(text)
		}
		quote := from + n
		from = quote + 1
		// Escaped by an odd number of backslashes it does not end the string.
		b := quote
		for text[b-1] == '\\' {
			b--
		}
		if (quote-b)%2 == 0 {
			return from
		}
	}
}

// nestedEnd returns the place after the object or array that begins at i.
func nestedEnd(text []byte, i int) int {
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// scalarEnd returns the place after the number or word that begins at i.
func scalarEnd(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case ',', ':', '}', ']', ' ', '\t', '\n', '\r':
			return i
		}
	}
	return i
}

// members visits the members of an object. The value is a part of text. An
// error of visit is returned with the place of the value.
func members(text []byte, visit func(name string, value []byte) error) error {
	c := cursor{text: text}
	if !c.take('{') {
		return c.fail("an object")
	}
	for first := true; !c.take('}'); first = false {
		if !first && !c.take(',') {
			return c.fail("',' or '}'")
		}
		var name string
		if err := json.Unmarshal(c.value(), &name); err != nil {
			return c.fail("a name")
		}
		if !c.take(':') {
			return c.fail("':'")
		}
		c.peek()
		from := c.at
		if err := visit(name, c.value()); err != nil {
			return within(err, from)
		}
	}
	return nil
}

// elements visits the elements of an array, as members does those of an object.
func elements(text []byte, visit func(value []byte) error) error {
	c := cursor{text: text}
	if !c.take('[') {
		return c.fail("an array")
	}
	for first := true; !c.take(']'); first = false {
		if !first && !c.take(',') {
			return c.fail("',' or ']'")
		}
		c.peek()
		from := c.at
		if err := visit(c.value()); err != nil {
			return within(err, from)
		}
	}
	return nil
}
