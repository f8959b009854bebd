package tasklist

import (
	"fmt"
	"io"
	"strings"

	"forever/internal/who"
)

// The formats of /FO.
const (
	formatTable = "TABLE"
	formatList  = "LIST"
	formatCSV   = "CSV"
)

// ListOptions are a parsed command line of tasklist.
type ListOptions struct {
	common
	Format   string // one of TABLE, LIST, CSV
	NoHeader bool
	Verbose  bool
}

// ParseList reads a command line of tasklist, without its name.
func ParseList(args []string) (ListOptions, error) {
	o := ListOptions{Format: formatTable}
	a := arguments{"tasklist", args}
	if err := a.each(o.set); err != nil {
		return ListOptions{}, err
	}
	if o.NoHeader && o.Format == formatList {
		return ListOptions{}, a.errorf("Invalid syntax. /NH option is allowed only for the TABLE and CSV formats.")
	}
	return o, nil
}

func (o *ListOptions) set(option string, a *arguments) error {
	switch option {
	case "FO":
		return o.setFormat(a)
	case "NH":
		o.NoHeader = true
	case "V":
		o.Verbose = true
	default:
		return o.common.set(option, a)
	}
	return nil
}

func (o *ListOptions) setFormat(a *arguments) error {
	value, err := a.value("FO")
	if err != nil {
		return err
	}
	switch o.Format = strings.ToUpper(value); o.Format {
	case formatTable, formatList, formatCSV:
		return nil
	}
	return a.errorf("Invalid syntax. '%s' value is not allowed for '/fo' option.", value)
}

// List prints the tasks that pass the filters and returns the exit code, which
// is 0 also when there are none.
func List(o ListOptions, stdout, stderr io.Writer) int {
	if o.Help {
		fmt.Fprint(stdout, listHelp)
		return exitDone
	}
	all, err := look()
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return exitFailed
	}
	var rows [][]string
	columns := columnsOf(o.Verbose)
	for _, t := range all.list {
		if o.filters.pass(t) {
			rows = append(rows, cells(t, columns))
		}
	}
	if len(rows) == 0 {
		fmt.Fprintln(stdout, "INFO: No tasks are running which match the specified criteria.")
		return exitDone
	}
	switch o.Format {
	case formatCSV:
		printCSV(stdout, columns, rows, !o.NoHeader)
	case formatList:
		printList(stdout, columns, rows)
	default:
		printTable(stdout, columns, rows, !o.NoHeader)
	}
	return exitDone
}

// column is one fact about a task.
type column struct {
	title string
	width int // of the table; negative: to the left
	of    func(*task) string
}

func columnsOf(verbose bool) []column {
	columns := []column{
		{"Image Name", -25, (*task).image},
		{"PID", 8, func(t *task) string { return fmt.Sprint(t.PID) }},
		{"Session Name", -16, (*task).sessionName},
		{"Session#", 11, func(t *task) string { return fmt.Sprint(t.session()) }},
		{"Mem Usage", 12, func(t *task) string { return thousands(t.memory()) + " K" }},
	}
	if !verbose {
		return columns
	}
	return append(columns,
		column{"Status", -15, (*task).status},
		column{"User Name", -50, (*task).user},
		column{"CPU Time", 12, func(t *task) string { return clock(t.cpu()) }},
		column{"Window Title", -72, func(*task) string { return none }},
	)
}

func cells(t *task, columns []column) []string {
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = who.Printable(c.of(t))
	}
	return row
}

func printTable(w io.Writer, columns []column, rows [][]string, header bool) {
	fmt.Fprintln(w)
	if header {
		titles, rules := make([]string, len(columns)), make([]string, len(columns))
		for i, c := range columns {
			titles[i], rules[i] = c.title, strings.Repeat("=", max(c.width, -c.width))
		}
		printRow(w, columns, titles)
		printRow(w, columns, rules)
	}
	for _, row := range rows {
		printRow(w, columns, row)
	}
}

// printRow fills the columns; what is too long for one is cut.
func printRow(w io.Writer, columns []column, row []string) {
	for i, c := range columns {
		if i > 0 {
			fmt.Fprint(w, " ")
		}
		fmt.Fprintf(w, "%*.*s", c.width, max(c.width, -c.width), row[i])
	}
	fmt.Fprintln(w)
}

func printCSV(w io.Writer, columns []column, rows [][]string, header bool) {
	if header {
		titles := make([]string, len(columns))
		for i, c := range columns {
			titles[i] = c.title
		}
		rows = append([][]string{titles}, rows...)
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		fmt.Fprintln(w, strings.Join(row, ","))
	}
}

func printList(w io.Writer, columns []column, rows [][]string) {
	for _, row := range rows {
		fmt.Fprintln(w)
		for i, c := range columns {
			fmt.Fprintf(w, "%-14s%s\n", c.title+":", row[i])
		}
	}
}
