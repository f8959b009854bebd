package render

import (
	"io"
	"strings"
)

// gap is the number of blanks between two columns.
const gap = 2

// Column is one column of a Table.
type Column struct {
	Title string
	Right bool // numbers stand to the right
	// Least is how narrow the column may become before others are left out;
	// its cells are cut with "…". 0: never narrower than its widest cell.
	Least int
	// Spare orders the columns that may be left out where the terminal is too
	// narrow: the greatest goes first. 0: never left out.
	Spare int
}

// Cell is one cell: its text, as it came from outside, and its look.
type Cell struct {
	Text  string
	Tail  string // the end of the text, which is never cut
	Style Style
}

func (c *Cell) width() int { return Width(c.Text) + Width(c.Tail) }

// cut is the text in at most that many columns.
func (c *Cell) cut(columns int) string {
	return Truncate(c.Text, columns-Width(c.Tail)) + c.Tail
}

// Table is text in columns. Nothing in it is ever wrapped.
type Table struct {
	Columns []Column
	rows    [][]Cell
}

// Row adds a row; missing cells are empty.
func (t *Table) Row(cells ...Cell) { t.rows = append(t.rows, cells) }

// Write prints the table. On a terminal it fits the width: columns that may
// are narrowed, then left out, so that a line is never wrapped.
func (t *Table) Write(s *Screen) error {
	t.escape()
	shown, widths := t.fit(s.Width())
	var b strings.Builder
	t.line(&b, s, shown, widths, t.titles())
	for _, row := range t.rows {
		t.line(&b, s, shown, widths, row)
	}
	_, err := io.WriteString(s, b.String())
	return err
}

func (t *Table) escape() {
	for _, row := range t.rows {
		for i := range row {
			row[i].Text = Escape(row[i].Text)
		}
	}
}

func (t *Table) titles() []Cell {
	cells := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = Cell{Text: c.Title, Style: Bold}
	}
	return cells
}

// natural is the width of the widest cell of each column.
func (t *Table) natural() []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = Width(c.Title)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], cell.width())
		}
	}
	return widths
}

// fit chooses the columns to show and their widths. width 0 knows no bound.
func (t *Table) fit(width int) (shown, widths []int) {
	widths = t.natural()
	for i := range t.Columns {
		shown = append(shown, i)
	}
	if width == 0 {
		return shown, widths
	}
	for t.least(shown, widths) > width {
		i := t.dispensable(shown)
		if i < 0 {
			break
		}
		shown = append(shown[:i], shown[i+1:]...)
	}
	t.narrow(shown, widths, width)
	return shown, widths
}

// least is the width of the table when every column is as narrow as it may be.
func (t *Table) least(shown, widths []int) int {
	total := gap * (len(shown) - 1)
	for _, i := range shown {
		w := widths[i]
		if l := t.Columns[i].Least; l > 0 {
			w = min(w, l)
		}
		total += w
	}
	return total
}

// dispensable is the place in shown of the column to leave out next, or -1.
func (t *Table) dispensable(shown []int) int {
	found, most := -1, 0
	for at, i := range shown {
		if spare := t.Columns[i].Spare; spare > most {
			found, most = at, spare
		}
	}
	return found
}

// narrow takes columns away one by one, always from the widest that may give,
// until the table fits or none may give any more.
func (t *Table) narrow(shown, widths []int, width int) {
	total := gap * (len(shown) - 1)
	for _, i := range shown {
		total += widths[i]
	}
	for ; total > width; total-- {
		widest := -1
		for _, i := range shown {
			l := t.Columns[i].Least
			if l > 0 && widths[i] > l && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func (t *Table) line(b *strings.Builder, s *Screen, shown, widths []int, cells []Cell) {
	blanks := 0 // owed before the next text, so that no line ends in blanks
	for _, i := range shown {
		var cell Cell
		if i < len(cells) {
			cell = cells[i]
		}
		text := cell.cut(widths[i])
		pad := max(0, widths[i]-Width(text))
		if t.Columns[i].Right {
			blanks, pad = blanks+pad, 0
		}
		if text != "" {
			b.WriteString(strings.Repeat(" ", blanks))
			b.WriteString(s.Paint(text, cell.Style))
			blanks = 0
		}
		blanks += pad + gap
	}
	b.WriteByte('\n')
}
