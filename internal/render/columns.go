package render

import (
	"slices"

	"forever/internal/wire"
)

// UsualColumns are those of the table of apps where nobody chose others.
func UsualColumns() []string {
	return []string{"id", "name", "mode", "pid", "status", "restarts", "uptime", "cpu", "memory", "ports"}
}

// Columns are all columns that the table of apps can have.
func Columns() []string {
	return append(UsualColumns(), "uid", "namespace", "command", "script", "logfile")
}

// moreColumns are those that stand to the right of the usual ones; moreCells
// are their cells.
func moreColumns() []Column {
	return []Column{
		{Title: "uid", Spare: 2},
		{Title: "namespace", Spare: 2},
		{Title: "command", Least: 8, Spare: 3},
		{Title: "script", Least: 10, Spare: 3},
		{Title: "logfile", Least: 10, Spare: 4},
	}
}

func moreCells(a *wire.App) []Cell {
	return []Cell{{Text: a.UID}, {Text: a.Namespace}, {Text: a.Interpreter}, {Text: a.Script}, {Text: a.OutFile}}
}

// choose keeps the columns of these titles, in this order. A title that there
// is not is left out.
func (t *Table) choose(titles []string) {
	var at []int
	for _, title := range titles {
		if i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Title == title }); i >= 0 {
			at = append(at, i)
		}
	}
	t.Columns = pickAll(t.Columns, at)
	for i, row := range t.rows {
		t.rows[i] = pickAll(row, at)
	}
}

func pickAll[T any](from []T, at []int) []T {
	picked := make([]T, 0, len(at))
	for _, i := range at {
		picked = append(picked, from[i])
	}
	return picked
}
