package render

import "strings"

// Fold breaks text between words into lines of at most width columns, or of
// one word where that is wider; all lines but the first begin with indent.
// Width 0 knows no bound. There is always a line.
func Fold(text string, width int, indent string) []string {
	if width == 0 || Width(text) <= width {
		return []string{text}
	}
	var lines []string
	line, empty := "", true
	for _, word := range strings.Fields(text) {
		switch {
		case empty:
			line, empty = line+word, false
		case Width(line)+1+Width(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = indent + word
		}
	}
	return append(lines, line)
}
