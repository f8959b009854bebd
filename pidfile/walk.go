package pidfile

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Why not encoding/json alone: to keep unknown fields it would read each app
// three times and copy it twice. Load lets it check the text once; what is here
// only cuts text that is known to be right, without looking into the specs. On
// text that is not right it fails or returns pieces that are not right either,
// but reads nothing beyond the end.

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

// take goes past b if it comes next.
func (c *cursor) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.at++
	return true
}

// fail says what should have been here.
func (c *cursor) fail(want string) error {
	return &misplaced{c.at, fmt.Errorf("expected %s", want)}
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
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
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
