package probe

import (
	"strings"
	"unicode"
)

// printable makes a program's words fit to be shown on somebody's terminal.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s))
}
