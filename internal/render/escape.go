package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// Escape makes a text from outside (a name, a path, a message) harmless on a
// terminal: control characters, text direction marks and broken UTF-8 become
// \x1b, \u202e and the like. What is printable stays as it is.
func Escape(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		writeEscaped(&b, r, s[i:i+size])
		i += size
	}
	return b.String()
}

// isPlain reports that s is printable ASCII, which nearly everything is.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func writeEscaped(b *strings.Builder, r rune, raw string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < ' ' || r == 0x7f:
		fmt.Fprintf(b, `\x%02x`, r)
	case unicode.IsControl(r) || isDirection(r) || r == '\u2028' || r == '\u2029':
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		b.WriteString(raw)
	}
}

// isDirection reports the marks that change the order in which text is shown,
// and with it what a person believes to read.
func isDirection(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r)
}

// Line prepares one line of a program's output for the screen. Colours of the
// program stay where colours are wanted, and end with the line; every other
// control character is escaped, except tabs. Where nobody looks, the line is
// returned untouched.
func (s *Screen) Line(text string) string {
	text = strings.TrimSuffix(text, "\r")
	if isPlain(text) || !s.Terminal {
		return text
	}
	var b strings.Builder
	colored := false
	for i := 0; i < len(text); {
		if n := colorSequence(text[i:]); n > 0 {
			if s.Color {
				b.WriteString(text[i : i+n])
				colored = true
			}
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			writeEscaped(&b, r, text[i:i+size])
		}
		i += size
	}
	if colored {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// colorSequence is the length of the colour sequence (ECMA-48 SGR) that s
// begins with, or 0.
func colorSequence(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case (c < '0' || c > '9') && c != ';' && c != ':':
			return 0
		}
	}
	return 0
}

// Width is the number of columns that s takes on a terminal.
func Width(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return runewidth.StringWidth(s)
}

// Truncate shortens s to at most that many columns; the last one is then "…".
func Truncate(s string, columns int) string {
	if Width(s) <= columns {
		return s
	}
	if columns < 1 {
		return ""
	}
	return runewidth.Truncate(s, columns, "…")
}
