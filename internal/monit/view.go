package monit

import (
	"fmt"
	"slices"
	"strings"

	"forever/internal/render"
	"forever/internal/wire"
)

// The window below which nothing sensible can be shown, and that from which
// list and details stand side by side.
const (
	leastWidth, leastHeight = 20, 6
	wideWidth, wideHeight   = 64, 18
)

// frame is what a window of that size shows: height rows of exactly width
// columns each.
func (m *model) frame(b brush, width, height int) []string {
	if width < leastWidth || height < leastHeight {
		return m.blank(b, width, height, "too small")
	}
	rows := []string{m.title(b, width)}
	body := height - 2
	switch {
	case m.mode == modeHelp:
		rows = append(rows, m.help(b, width, body)...)
	case m.full:
		rows = append(rows, m.logPane(b, width, body, 0)...)
	case len(m.apps) == 0:
		rows = append(rows, m.nothing(b, width, body)...)
	case width < wideWidth || height < wideHeight:
		rows = append(rows, m.narrow(b, width, body)...)
	default:
		rows = append(rows, m.wide(b, width, body)...)
	}
	return append(rows, m.footer(b, width))
}

// blank is an empty window with a text in its first row.
func (m *model) blank(b brush, width, height int, text string) []string {
	rows := make([]string, 0, max(height, 0))
	for len(rows) < height {
		rows = append(rows, b.fit(width, plain(text)))
		text = ""
	}
	return rows
}

// wide has the list at the left, the details at the right, the logs below.
func (m *model) wide(b brush, width, height int) []string {
	upper := max(12, height/2)
	left := min(max(34, width*2/5), 56)
	right := width - left - 1
	list := m.list(b, left, upper-1)
	facts := m.details(b, right, upper-1)
	rows := []string{m.rule(b, left, 0, m.listTitle(), m.focus == paneApps) + b.dim("┬") + m.rule(b, right, 0, m.detailTitle(), false)}
	for i := range list {
		rows = append(rows, list[i]+b.dim("│")+facts[i])
	}
	return append(rows, m.logPane(b, width, height-upper, left)...)
}

// narrow has them one below the other.
func (m *model) narrow(b brush, width, height int) []string {
	lines := min(4, height/3)
	wanted := max(1, len(m.shown()))
	if wanted+1 >= titlesFrom {
		wanted++
	}
	upper := min(wanted, (height-lines)/2)
	rows := []string{}
	if height >= 12 {
		rows = append(rows, m.rule(b, width, 0, m.listTitle(), m.focus == paneApps))
	}
	rows = append(rows, m.list(b, width, max(1, upper))...)
	rows = append(rows, m.brief(b, width, lines)...)
	return append(rows, m.logPane(b, width, height-len(rows), 0)...)
}

// nothing is shown where there are no apps.
func (m *model) nothing(b brush, width, height int) []string {
	rows := m.blank(b, width, height, "")
	text := []piece{plain("no apps; start one with "), {text: "forever start PROGRAM", bold: true}}
	switch {
	case m.fault != "":
		text = []piece{styled(render.Escape(m.fault), render.Red)}
	case !m.looked:
		text = []piece{plain("looking…")}
	}
	margin := plain(strings.Repeat(" ", max(0, (width-widthOf(text))/2)))
	rows[height/2] = b.fit(width, append([]piece{margin}, text...)...)
	return rows
}

// rule is a line with a title in it. That of the pane with the keys stands out.
// At the column joint, unless that is 0 or in the title, a line from above ends.
func (m *model) rule(b brush, width, joint int, title []piece, focused bool) string {
	line := []piece{styled("─ ", render.Dim)}
	if focused {
		line[0] = styled("▸ ", render.Cyan)
		title = append([]piece{{text: title[0].text, style: render.Cyan, bold: true}}, title[1:]...)
	}
	line = append(append(line, title...), plain(" "))
	rest := []rune(strings.Repeat("─", max(0, width-widthOf(line))))
	if at := joint - widthOf(line); joint > 0 && at >= 0 && at < len(rest) {
		rest[at] = '┴'
	}
	return b.fit(width, append(line, styled(string(rest), render.Dim))...)
}

func (b brush) dim(text string) string { return b.paint(styled(text, render.Dim)) }

// title is the first row: where this is, and how everything is.
func (m *model) title(b brush, width int) string {
	left := []piece{{text: " forever", bold: true}, styled("  "+render.Escape(m.root), render.Dim)}
	right := m.summary(width >= wideWidth)
	if total := m.totals(); widthOf(left)+widthOf(right)+widthOf(total) < width {
		right = append(right, total...)
	}
	return b.spread(width, left, append(right, plain(" ")))
}

// summary counts the apps by their status.
func (m *model) summary(long bool) []piece {
	if m.looked && !m.live && len(m.apps) > 0 {
		style := render.Dim // nothing is to run, so nobody is needed
		if slices.ContainsFunc(m.apps, func(a wire.App) bool { return a.Desired == wire.DesiredRunning }) {
			style = render.Yellow
		}
		return []piece{styled("  no supervisor is running", style)}
	}
	if late := m.now.Sub(m.at); m.looked && late > m.interval+lateAfter {
		return []piece{styled("  no answer for "+render.Duration(late), render.Yellow)}
	}
	pieces := []piece{plain("  " + render.Plural(len(m.apps), "app"))}
	for _, status := range []string{wire.Online, wire.Failed, wire.Backoff, wire.Starting, wire.Stopping, wire.Stopped, wire.Exited} {
		n := m.count(status)
		if n == 0 || !long && status != wire.Failed {
			continue
		}
		pieces = append(pieces, plain("  "), styled(fmt.Sprintf("%d %s", n, status), render.StatusStyle(status)))
	}
	return pieces
}

// count is how many apps have a status.
func (m *model) count(status string) (n int) {
	for i := range m.apps {
		if m.apps[i].Status == status {
			n++
		}
	}
	return n
}

// totals is what all apps use.
func (m *model) totals() []piece {
	var sum usage
	for i := range m.apps {
		u := used(&m.apps[i])
		sum.cpu += u.cpu
		sum.memory += u.memory
	}
	if sum.memory == 0 {
		return nil
	}
	return []piece{plain(fmt.Sprintf("  cpu %s  memory %s", render.Percent(float64(sum.cpu)), render.Bytes(sum.memory)))}
}
