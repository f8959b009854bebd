package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"forever/internal/wire"
)

// Apps prints the table of apps that `forever list` shows, and under it a line
// for each app that is in trouble. An app of several instances has a row of
// its own and one for each of them. Columns are titles of Columns, in the order
// in which they are shown; none: the usual ones.
func Apps(s *Screen, apps []wire.App, now time.Time, columns ...string) error {
	t := &Table{Columns: []Column{
		{Title: "id", Right: true},
		{Title: "name", Least: 10},
		{Title: "mode", Spare: 6},
		{Title: "pid", Right: true, Spare: 1},
		{Title: "status"},
		{Title: "restarts", Right: true, Spare: 2},
		{Title: "uptime", Right: true, Spare: 3},
		{Title: "cpu", Right: true, Spare: 4},
		{Title: "memory", Right: true, Spare: 4},
		{Title: "ports", Least: 8, Spare: 5},
	}}
	t.Columns = append(t.Columns, moreColumns()...)
	for i := range apps {
		addApp(t, &apps[i])
	}
	if len(columns) == 0 {
		columns = UsualColumns()
	}
	t.choose(columns)
	if err := t.Write(s); err != nil {
		return err
	}
	return troubles(s, apps, now)
}

func addApp(t *Table, a *wire.App) {
	id := strconv.Itoa(a.ID)
	if len(a.Instances) == 1 {
		addRow(t, id, "", a, &a.Instances[0])
		return
	}
	sum := total(a)
	addRow(t, id, "", a, &sum)
	for i := range a.Instances {
		in := &a.Instances[i]
		addRow(t, "", fmt.Sprintf(":%d", in.Index), a, in)
	}
}

// total is the app as one instance: sums, and the longest uptime.
func total(a *wire.App) wire.Instance {
	sum := wire.Instance{Status: a.Status, Restarts: a.Restarts}
	for _, in := range a.Instances {
		sum.CPUPercent += in.CPUPercent
		sum.MemoryBytes += in.MemoryBytes
		sum.UptimeMS = max(sum.UptimeMS, in.UptimeMS)
	}
	return sum
}

// addRow adds a row for the app, or with an index for one of its instances.
func addRow(t *Table, id, index string, a *wire.App, in *wire.Instance) {
	row := []Cell{
		{Text: id},
		{Text: a.Name, Tail: index, Style: Bold},
		{Text: a.Mode},
		{},
		{Text: in.Status, Style: StatusStyle(in.Status)},
		{Text: strconv.Itoa(in.Restarts)},
		{}, {}, {}, {},
	}
	if in.PID > 0 {
		row[3].Text = strconv.Itoa(in.PID)
	}
	if in.PID > 0 || (id != "" && in.UptimeMS > 0) {
		row[6].Text = Milliseconds(in.UptimeMS)
		row[7].Text = Percent(in.CPUPercent)
		row[8].Text = Bytes(in.MemoryBytes)
	}
	if in.MemoryBytes == 0 { // nobody measured
		row[7].Text, row[8].Text = "", ""
	}
	row[9].Text = Numbers(in.Ports)
	t.Row(append(row, moreCells(a)...)...)
}

// Numbers prints numbers with commas between them.
func Numbers(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

// troubles prints one line for each app that is waiting for its next try or
// has given up, and for what is to be said of instances that run.
func troubles(s *Screen, apps []wire.App, now time.Time) error {
	var b strings.Builder
	say := func(text string, style Style) {
		for _, line := range Fold(Escape(text), s.Width(), "  ") {
			b.WriteString(s.Paint(line, style) + "\n")
		}
	}
	for i := range apps {
		a := &apps[i]
		if text := Trouble(a, now); text != "" {
			say(text, StatusStyle(a.Status))
		}
		for j := range a.Instances {
			in := &a.Instances[j]
			if in.PID > 0 && in.Note != "" {
				say(instanceName(a, in)+": "+in.Note, Yellow)
			}
			if text := Unwell(in); text != "" {
				say(instanceName(a, in)+": "+text, Red)
			}
		}
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(s, "\n"+b.String())
	return err
}

// Trouble says in one line why an app does not run as it is meant to and what
// comes next, or "" where nothing is wrong. It speaks of the worst instance.
func Trouble(a *wire.App, now time.Time) string {
	in := worst(a)
	if in == nil {
		return ""
	}
	name := instanceName(a, in)
	line := name + ": " + in.Status
	if in.LastExit != nil {
		line = name + ": " + LastExit(in.LastExit, now)
	}
	switch {
	case in.Status == wire.Failed:
		return line + "; given up: forever restart " + Word(a.Name)
	case in.NextTryMS > 0:
		return line + "; next try in " + Milliseconds(in.NextTryMS)
	}
	return line + "; next try now"
}

// instanceName is the app's name where that says enough.
func instanceName(a *wire.App, in *wire.Instance) string {
	if len(a.Instances) > 1 {
		return fmt.Sprintf("%s:%d", a.Name, in.Index)
	}
	return a.Name
}

// worst is the instance in the deepest trouble, or nil where none is in any.
func worst(a *wire.App) *wire.Instance {
	var found *wire.Instance
	for i := range a.Instances {
		in := &a.Instances[i]
		switch {
		case in.Status == wire.Failed:
			return in
		case in.Status == wire.Backoff && found == nil:
			found = in
		}
	}
	return found
}

// LastExit says how a run ended: "exit code 1 after 20ms, 3s ago".
func LastExit(e *wire.Exit, now time.Time) string {
	text := Reason(e)
	if e.RanMS > 0 {
		text += " after " + Milliseconds(e.RanMS)
	}
	if !e.At.IsZero() {
		text += ", " + Duration(now.Sub(e.At.Time)) + " ago"
	}
	return text
}

// Reason is why a run ended, in a few words.
func Reason(e *wire.Exit) string {
	switch {
	case e.Reason != "":
		return e.Reason
	case e.Signal != "":
		return "killed by " + e.Signal
	case e.Code < 0:
		return "ended, its exit code is not known"
	}
	return "exit code " + strconv.Itoa(e.Code)
}
