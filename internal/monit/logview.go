package monit

// keptLines is how many lines of an app can be scrolled through.
const keptLines = 2000

// longestLine is how much of a line is shown, in bytes; forever logs has all.
const longestLine = 4096

// logLine is a line of output, harmless for the terminal.
type logLine struct {
	instance int // -1: not known
	err      bool
	at       string // its time, where the log has one
	text     string // with its colours
}

// logView is the lines of one app and which of them are seen.
type logView struct {
	uid   string // of the app
	lines []logLine
	back  int // how many of the lines that pass the filter are below the window
	right int // the first column that is seen
	fault string
}

// add takes new lines. A window that is not at the end stays where it is.
func (v *logView) add(lines []logLine, filter string) {
	v.lines = append(v.lines, lines...)
	if over := len(v.lines) - keptLines; over > 0 {
		v.lines = append(v.lines[:0], v.lines[over:]...)
	}
	if v.back > 0 {
		v.back += len(pass(lines, filter))
	}
}

// pass are the lines that contain a text.
func pass(lines []logLine, filter string) []logLine {
	if filter == "" {
		return lines
	}
	var list []logLine
	for _, l := range lines {
		if contains(l.text, filter) {
			list = append(list, l)
		}
	}
	return list
}

// window are the lines that fit into so many rows. It brings back into bounds.
func (v *logView) window(filter string, rows int) []logLine {
	list := pass(v.lines, filter)
	v.back = min(max(v.back, 0), max(0, len(list)-rows))
	end := len(list) - v.back
	return list[max(0, end-rows):end]
}

// scroll moves the window back by rows, or forward where negative.
func (v *logView) scroll(rows int) { v.back = max(0, v.back+rows) }
