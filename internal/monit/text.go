package monit

import (
	"strings"

	"forever/internal/render"
)

// piece is a text in one style. It is harmless: ours, or escaped.
type piece struct {
	text  string
	style render.Style
	bold  bool
}

// plain is a piece without a style.
func plain(text string) piece { return piece{text: text} }

// styled is a piece in a style.
func styled(text string, y render.Style) piece { return piece{text: text, style: y} }

// brush paints pieces.
type brush struct {
	s *render.Screen // only its colours are used
}

// paint puts a piece into its colours.
func (b brush) paint(p piece) string {
	text := b.s.Paint(p.text, p.style)
	if p.bold {
		text = b.s.Paint(text, render.Bold)
	}
	return text
}

// fit paints pieces one after the other into exactly width columns: the last
// ones are cut, or blanks follow.
func (b brush) fit(width int, pieces ...piece) string {
	var out strings.Builder
	left := max(0, width)
	for _, p := range pieces {
		if left == 0 {
			break
		}
		p.text = render.Truncate(p.text, left)
		left -= render.Width(p.text)
		out.WriteString(b.paint(p))
	}
	return out.String() + strings.Repeat(" ", left)
}

// spread is fit with right at the right end. Where there is no room for both,
// left gives.
func (b brush) spread(width int, left, right []piece) string {
	room := width - widthOf(right)
	if room < 1 {
		return b.fit(width, right...)
	}
	return b.fit(room, left...) + b.fit(width-room, right...)
}

func widthOf(pieces []piece) int {
	n := 0
	for _, p := range pieces {
		n += render.Width(p.text)
	}
	return n
}

// pad is text with blanks behind it up to width columns, cut where it is wider.
func pad(text string, width int) string {
	text = render.Truncate(text, width)
	return text + strings.Repeat(" ", max(0, width-render.Width(text)))
}

// padLeft is pad with the blanks in front.
func padLeft(text string, width int) string {
	text = render.Truncate(text, width)
	return strings.Repeat(" ", max(0, width-render.Width(text))) + text
}
