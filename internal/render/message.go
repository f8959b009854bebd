package render

import (
	"io"
	"strings"
)

// Error prints what went wrong: "forever: error: TEXT". The text is escaped;
// its further lines are indented.
func (s *Screen) Error(text string) { s.message("error", Red, text) }

// Warning prints what was done all the same, but should be looked at.
func (s *Screen) Warning(text string) { s.message("warning", Yellow, text) }

// Hint prints what to do next; a command in it can be pasted.
func (s *Screen) Hint(text string) { s.message("hint", Blue, text) }

// Note prints a line of information: "forever: TEXT".
func (s *Screen) Note(text string) {
	// The stream for messages is the last resort: when it fails, there is
	// nobody left to tell.
	_, _ = io.WriteString(s, "forever: "+escapeLines(text)+"\n")
}

func (s *Screen) message(kind string, y Style, text string) {
	_, _ = io.WriteString(s, "forever: "+s.Paint(kind+":", y)+" "+escapeLines(text)+"\n")
}

// escapeLines escapes each line of text and indents all but the first.
func escapeLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = Escape(line)
	}
	return strings.Join(lines, "\n    ")
}

// Quoted prints last lines of a program, indented so that they are not taken
// for our own words.
func (s *Screen) Quoted(lines []string) {
	for _, line := range lines {
		_, _ = io.WriteString(s, "    "+s.Line(line)+"\n")
	}
}
