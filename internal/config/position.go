package config

import (
	"strings"
	"unicode/utf8"
)

// position is a place in a config file, counted from 1 and the column in
// characters; 0 is unknown.
type position struct{ line, column int }

// positionAt counts lines and characters up to an offset.
func positionAt(text string, offset int) position {
	return (&cursor{text: text}).to(offset)
}

// cursor finds the positions of offsets. A reader asks for them nearly in
// order, so it goes on from the last one instead of counting from the start.
type cursor struct {
	text   string
	offset int
	line   int // lines before offset
	column int // characters from there to offset
}

func (c *cursor) to(offset int) position {
	offset = min(offset, len(c.text))
	if offset < c.offset {
		*c = cursor{text: c.text}
	}
	passed := c.text[c.offset:offset]
	if newline := strings.LastIndexByte(passed, '\n'); newline >= 0 {
		c.line += strings.Count(passed, "\n")
		c.column = 0
		passed = passed[newline+1:]
	}
	c.column += utf8.RuneCountInString(passed)
	c.offset = offset
	return position{c.line + 1, c.column + 1}
}

// inCharacters corrects a position whose column was counted in bytes.
func inCharacters(text string, at position) position {
	lines := strings.SplitN(text, "\n", at.line+1)
	if at.line < 1 || at.line > len(lines) {
		return at
	}
	line := lines[at.line-1]
	at.column = 1 + utf8.RuneCountInString(line[:min(max(at.column-1, 0), len(line))])
	return at
}
