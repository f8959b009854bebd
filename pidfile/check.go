package pidfile

import "encoding/binary"

// maxDepth bounds how deep arrays and objects may be nested, as encoding/json does.
const maxDepth = 10000

// check returns nil if text is one JSON value (RFC 8259) and nothing else, and
// otherwise where it goes wrong. It accepts what json.Valid accepts, several
// times faster, which counts because each Save checks every spec.
func check(text []byte) error {
	c := cursor{text: text}
	if err := c.checkValue(0); err != nil {
		return err
	}
	if c.peek(); c.at < len(text) {
		return c.fail("the end")
	}
	return nil
}

func (c *cursor) checkValue(depth int) error {
	switch b := c.peek(); b {
	case '"':
		return c.checkString()
	case '{':
		return c.checkList('}', depth, (*cursor).checkMember)
	case '[':
		return c.checkList(']', depth, (*cursor).checkValue)
	case 't':
		return c.checkWord("true")
	case 'f':
		return c.checkWord("false")
	case 'n':
		return c.checkWord("null")
	default:
		if b == '-' || isDigit(b) {
			return c.checkNumber()
		}
		return c.fail("a value")
	}
}

// checkList checks an object or an array, whose opening byte comes next.
func (c *cursor) checkList(end byte, depth int, item func(*cursor, int) error) error {
	if depth >= maxDepth {
		return c.fail("no deeper nesting")
	}
	c.at++
	if c.take(end) {
		return nil
	}
	for {
		if err := item(c, depth+1); err != nil {
			return err
		}
		if c.take(end) {
			return nil
		}
		if !c.take(',') {
			return c.fail("',' or '" + string(end) + "'")
		}
	}
}

func (c *cursor) checkMember(depth int) error {
	if c.peek() != '"' {
		return c.fail("a name")
	}
	if err := c.checkString(); err != nil {
		return err
	}
	if !c.take(':') {
		return c.fail("':'")
	}
	return c.checkValue(depth)
}

func (c *cursor) checkString() error {
	for c.at++; ; c.at++ {
		c.at = plainEnd(c.text, c.at)
		switch c.byte() {
		case '"':
			c.at++
			return nil
		case '\\':
			if err := c.checkEscape(); err != nil {
				return err
			}
		default:
			return c.fail("the end of a string")
		}
	}
}

// plainEnd returns the place of the first byte from i on that is not plain text
// in a string. Nearly all of a state file goes by here, so it looks at eight
// bytes at once while it can.
func plainEnd(text []byte, i int) int {
	for i+8 <= len(text) && allPlain(binary.LittleEndian.Uint64(text[i:])) {
		i += 8
	}
	for i < len(text) && text[i] >= ' ' && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}

// allPlain says whether none of the eight bytes is a quote, a backslash or a
// control character. x-each*n borrows into the high bit of a byte below n; where
// that borrow spreads to a neighbour, the byte it came from is not plain itself.
func allPlain(x uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^each*'"', x^each*'\\'
	found := (x-each*' ')&^x | (quote-each)&^quote | (backslash-each)&^backslash
	return found&high == 0
}

// checkEscape checks what follows a backslash, and stays on its last byte.
func (c *cursor) checkEscape() error {
	c.at++
	switch c.byte() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			c.at++
			if b := c.byte(); !isDigit(b) && !('a' <= b|0x20 && b|0x20 <= 'f') {
				return c.fail("a hexadecimal digit")
			}
		}
		return nil
	}
	return c.fail("an escape")
}

func (c *cursor) checkNumber() error {
	if c.byte() == '-' {
		c.at++
	}
	if c.byte() == '0' {
		c.at++
	} else if err := c.checkDigits(); err != nil {
		return err
	}
	if c.byte() == '.' {
		c.at++
		if err := c.checkDigits(); err != nil {
			return err
		}
	}
	if c.byte()|0x20 == 'e' {
		c.at++
		if b := c.byte(); b == '+' || b == '-' {
			c.at++
		}
		return c.checkDigits()
	}
	return nil
}

func (c *cursor) checkDigits() error {
	if !isDigit(c.byte()) {
		return c.fail("a digit")
	}
	for isDigit(c.byte()) {
		c.at++
	}
	return nil
}

func (c *cursor) checkWord(word string) error {
	for i := range len(word) {
		if c.byte() != word[i] {
			return c.fail(word)
		}
		c.at++
	}
	return nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
