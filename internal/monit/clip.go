package monit

import (
	"strings"

	"github.com/mattn/go-runewidth"

	"forever/internal/render"
)

// tabStop is how far apart the tab stops of a line of output are.
const tabStop = 8

// clip cuts the columns from (the first is 0) to from+width out of a line of
// output that render.Screen.Line has made harmless, and fills them up with
// blanks. Colours in it keep their meaning, also where they begin before.
func clip(text string, from, width int) string {
	var out strings.Builder
	at, left, colored := 0, width, false
	for text != "" && left > 0 {
		if n := colorLength(text); n > 0 {
			out.WriteString(text[:n])
			text, colored = text[n:], true
			continue
		}
		part := text
		if i := strings.IndexByte(part[1:], 0x1b); i >= 0 {
			part = part[:i+1]
		}
		text = text[len(part):]
		part = expand(part, at)
		w := render.Width(part)
		if seen := cut(part, from-at, left); seen != "" {
			out.WriteString(seen)
			left -= render.Width(seen)
		}
		at += w
	}
	if colored {
		out.WriteString("\x1b[0m")
	}
	return out.String() + strings.Repeat(" ", max(0, left))
}

// cut leaves out the first skip columns of text and keeps at most width.
func cut(text string, skip, width int) string {
	if skip > 0 {
		if render.Width(text) <= skip {
			return ""
		}
		text = runewidth.TruncateLeft(text, skip, "")
	}
	if width <= 0 {
		return ""
	}
	if render.Width(text) > width {
		text = runewidth.Truncate(text, width, "")
	}
	return text
}

// expand replaces the tabs of a text that begins at a column by blanks.
func expand(text string, at int) string {
	if !strings.Contains(text, "\t") {
		return text
	}
	var b strings.Builder
	for i, part := range strings.Split(text, "\t") {
		if i > 0 {
			n := tabStop - at%tabStop
			b.WriteString(strings.Repeat(" ", n))
			at += n
		}
		b.WriteString(part)
		at += render.Width(part)
	}
	return b.String()
}

// colorLength is the length of the colour sequence that text begins with, or 0.
// Line lets no other one pass.
func colorLength(text string) int {
	if !strings.HasPrefix(text, "\x1b[") {
		return 0
	}
	return strings.IndexByte(text, 'm') + 1
}
