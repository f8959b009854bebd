package render

import "forever/internal/wire"

// Style is how a piece of text looks on a terminal with colours.
type Style int

const (
	Plain Style = iota
	Bold
	Dim
	Red
	Green
	Yellow
	Blue
	Magenta
	Cyan
	Inverse
)

// sequence is the colour sequence (ECMA-48 SGR) that begins a style.
func (y Style) sequence() string {
	switch y {
	case Bold:
		return "\x1b[1m"
	case Dim:
		return "\x1b[2m"
	case Red:
		return "\x1b[31m"
	case Green:
		return "\x1b[32m"
	case Yellow:
		return "\x1b[33m"
	case Blue:
		return "\x1b[34m"
	case Magenta:
		return "\x1b[35m"
	case Cyan:
		return "\x1b[36m"
	case Inverse:
		return "\x1b[7m"
	}
	return ""
}

// Paint puts text in that style where the screen shows colours.
func (s *Screen) Paint(text string, y Style) string {
	if !s.Color || y == Plain || text == "" {
		return text
	}
	return y.sequence() + text + "\x1b[0m"
}

// StatusStyle is the colour of a status: green runs, yellow is on its way,
// red needs a person, dim rests.
func StatusStyle(status string) Style {
	switch status {
	case wire.Online:
		return Green
	case wire.Starting, wire.Stopping, wire.Backoff:
		return Yellow
	case wire.Failed:
		return Red
	case wire.Stopped, wire.Exited:
		return Dim
	}
	return Plain
}
