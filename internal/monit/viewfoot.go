package monit

import "forever/internal/render"

// hint is a key and what it does. The greatest spare is left out first where
// there is no room.
type hint struct {
	key, does string
	spare     int
}

var appHints = []hint{
	{"↑↓", "choose", 7}, {"r", "restart", 1}, {"R", "reload", 6}, {"s", "stop", 2}, {"S", "start", 3}, {"d", "delete", 4},
	{"+ -", "scale", 9}, {"tab", "logs", 5}, {"l", "logs only", 8}, {"/", "filter", 10}, {"z", "zoom", 11}, {"?", "help", 0}, {"q", "quit", 0},
}

var logHints = []hint{
	{"↑↓", "scroll", 1}, {"← →", "sideways", 5}, {"g G", "first, last", 4}, {"/", "filter", 3}, {"l", "logs only", 6}, {"tab", "apps", 2},
	{"r", "restart", 7}, {"s", "stop", 8}, {"?", "help", 0}, {"q", "quit", 0},
}

// footer is the last row: a question, a message, or the keys.
func (m *model) footer(b brush, width int) string {
	switch {
	case m.mode == modeDelete:
		question := "stop and delete " + render.Escape(m.doomed.Name) + "? y/n"
		return b.fit(width, plain(" "), piece{text: question, style: render.Yellow, bold: true})
	case m.mode == modeFilter:
		return b.fit(width, piece{text: " /" + render.Escape(*m.filter()), bold: true}, plain("▏"), styled("  enter keeps it, esc removes it", render.Dim))
	case m.message != "" && m.bad:
		return b.fit(width, plain(" "), styled(m.message, render.Red))
	case m.message != "":
		return b.fit(width, plain(" "), styled(m.message, render.Cyan))
	case m.fault != "" && len(m.apps) > 0:
		return b.fit(width, plain(" "), styled(render.Escape(m.fault), render.Red))
	}
	return b.fit(width, hintLine(m.hints(), width)...)
}

// hints are the keys that make sense now.
func (m *model) hints() []hint {
	switch {
	case len(m.apps) == 0:
		return appHints[len(appHints)-2:]
	case m.focus == paneLogs:
		return logHints
	}
	return appHints
}

// hintLine prints those of the hints that fit.
func hintLine(hints []hint, width int) []piece {
	for spare := len(hints) + 1; ; spare-- {
		var line []piece
		for _, h := range hints {
			if h.spare < spare {
				line = append(line, plain(" "), piece{text: h.key, bold: true}, styled(" "+h.does+" ", render.Dim))
			}
		}
		if spare == 1 || widthOf(line) <= width {
			return line
		}
	}
}

// helpPage is what ? shows.
var helpPage = [][2]string{
	{"↑ ↓ k j", "choose an app, or scroll its logs"},
	{"pgup pgdn", "ten rows at a time"},
	{"g G", "the first and the last"},
	{"← →", "move the logs sideways"},
	{"tab enter", "from the apps to the logs, and back"},
	{"l", "the logs alone, and back"},
	{"/", "only apps, or lines, that contain a text"},
	{"z", "how far the graphs reach back"},
	{"r", "restart"},
	{"R", "reload: replace without losing a connection"},
	{"s", "stop"},
	{"S", "start what is stopped"},
	{"d", "stop and delete, after a question"},
	{"+ -", "one instance more, one less"},
	{"esc", "leave the full screen, the filter, the logs"},
	{"ctrl-z", "suspend; fg comes back"},
	{"q ctrl-c", "quit; the apps go on"},
}

// help is the page of keys, from the row on that it was scrolled to.
func (m *model) help(b brush, width, height int) []string {
	title := []piece{plain("keys"), styled(" any other key goes back", render.Dim)}
	rows := []string{m.rule(b, width, 0, title, true)}
	m.page = min(m.page, max(0, len(helpPage)-(height-1)))
	for _, line := range helpPage[m.page:] {
		if len(rows) < height {
			rows = append(rows, b.fit(width, piece{text: "  " + pad(line[0], 11), bold: true}, plain(line[1])))
		}
	}
	for len(rows) < height {
		rows = append(rows, b.fit(width))
	}
	return rows
}
