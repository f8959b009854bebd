package monit

import (
	"fmt"
	"slices"
	"strconv"

	"forever/internal/render"
	"forever/internal/wire"
)

// The widths of the columns of the list, from that of the status on.
const (
	statusColumn   = 10
	restartsColumn = 6
	countColumn    = 5
	cpuColumn      = 7
	memoryColumn   = 8
)

// titlesFrom is how many rows a list has to have for the titles of its columns.
const titlesFrom = 8

// listTitle says how much of the list there is.
func (m *model) listTitle() []piece {
	shown := len(m.shown())
	title := []piece{plain("apps")}
	if shown > 0 {
		title = append(title, styled(fmt.Sprintf(" %d/%d", m.row+1, shown), render.Dim))
	}
	if m.names != "" {
		title = append(title, styled(" /"+render.Escape(m.names), render.Yellow))
	}
	return title
}

// list is the apps in rows, with their titles where there is room.
func (m *model) list(b brush, width, height int) []string {
	shown := m.shown()
	c := columns(width, shown)
	rows := make([]string, 0, height)
	if height >= titlesFrom {
		rows = append(rows, b.fit(width, c.titles()...))
	}
	m.top = scrolled(m.top, m.row, len(shown), height-len(rows))
	for i := m.top; i < len(shown) && len(rows) < height; i++ {
		rows = append(rows, b.fit(width, c.cells(shown[i], i == m.row)...))
	}
	if len(shown) == 0 && len(rows) < height {
		rows = append(rows, b.fit(width, styled("  no name contains "+render.Escape(m.names), render.Dim)))
	}
	for len(rows) < height {
		rows = append(rows, b.fit(width))
	}
	return rows
}

// scrolled is the first row that is seen of n rows through a window of height,
// so that row is in it.
func scrolled(top, row, n, height int) int {
	top = min(top, max(0, n-height))
	if row < top {
		return row
	}
	return max(top, row-height+1, 0)
}

// listColumns are the widths of the columns of a list.
type listColumns struct {
	id, name               int
	restarts, count, usage bool // whether there is room for them
}

// columns chooses what fits into width: the name has at least eleven columns.
func columns(width int, shown []*wire.App) listColumns {
	c := listColumns{id: 2}
	if n := len(shown); n > 0 {
		c.id = max(2, len(strconv.Itoa(shown[n-1].ID)))
	}
	const least = 11
	c.name = width - 2 - c.id - 1 - 1 - statusColumn - 1
	take := func(n int) bool {
		if c.name-n < least {
			return false
		}
		c.name -= n
		return true
	}
	c.restarts = take(restartsColumn)
	c.count = c.restarts && take(countColumn)
	c.usage = c.count && take(cpuColumn+memoryColumn)
	return c
}

func (c listColumns) titles() []piece {
	text := "  " + padLeft("id", c.id) + " " + pad("name", c.name) + " " + pad("status", statusColumn)
	if c.usage {
		text += pad("", restartsColumn+countColumn) + padLeft("cpu", cpuColumn) + padLeft("memory", memoryColumn)
	}
	return []piece{styled(text, render.Dim)}
}

// cells is the row of an app.
func (c listColumns) cells(a *wire.App, chosen bool) []piece {
	row := []piece{
		plain("  "),
		styled(padLeft(strconv.Itoa(a.ID), c.id)+" ", render.Dim),
		{text: pad(render.Escape(a.Name), c.name) + " ", bold: chosen},
		state(a),
	}
	if chosen {
		row[0] = piece{text: "› ", style: render.Cyan, bold: true}
		row[2].style = render.Cyan
	}
	if c.restarts {
		row = append(row, plain(padLeft(above(a.Restarts, 0, "↺%d"), restartsColumn)))
	}
	if c.count {
		row = append(row, plain(padLeft(above(len(a.Instances), 1, "×%d"), countColumn)))
	}
	if u := used(a); c.usage && u.memory > 0 {
		row = append(row, plain(padLeft(render.Percent(float64(u.cpu)), cpuColumn)), plain(padLeft(render.Bytes(u.memory), memoryColumn)))
	}
	return row
}

// state is the status of an app. One that runs and is not well stands out.
func state(a *wire.App) piece {
	bad := func(in wire.Instance) bool { return render.Unwell(&in) != "" }
	if a.Status == wire.Online && slices.ContainsFunc(a.Instances, bad) {
		return styled(pad("! "+a.Status, statusColumn), render.Red)
	}
	return styled(pad(sign(a.Status)+a.Status, statusColumn), render.StatusStyle(a.Status))
}

// above prints a number that is greater than the usual one.
func above(n, usual int, format string) string {
	if n <= usual {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// sign is a status for eyes without colours: full where something runs.
func sign(status string) string {
	switch status {
	case wire.Online:
		return "● "
	case wire.Starting, wire.Stopping, wire.Backoff:
		return "◐ "
	case wire.Failed:
		return "✗ "
	}
	return "○ "
}
