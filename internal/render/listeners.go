package render

import (
	"strconv"
	"time"

	"forever/internal/ports"
)

// Listeners prints the table of `forever ports`. A program that was not seen
// has no PID and no name.
func Listeners(s *Screen, list []ports.Listener, now time.Time) error {
	t := &Table{Columns: []Column{
		{Title: "proto"},
		{Title: "address", Least: 9},
		{Title: "port", Right: true},
		{Title: "pid", Right: true},
		{Title: "program", Least: 8},
		{Title: "user", Least: 4, Spare: 2},
		{Title: "since", Spare: 1},
		{Title: "app", Least: 6, Spare: 3},
	}}
	for i := range list {
		addListener(t, &list[i], now)
	}
	return t.Write(s)
}

func addListener(t *Table, l *ports.Listener, now time.Time) {
	row := []Cell{
		{Text: l.Proto},
		{Text: listenAddress(l)},
		{Text: strconv.Itoa(int(l.Address.Port())), Style: Bold},
		{Text: "?"}, {Text: "?"}, {Text: l.Owner}, {}, {},
	}
	if p := &l.Process; p.PID > 0 {
		row[3].Text, row[4].Text, row[5].Text = strconv.Itoa(p.PID), p.Name, p.User
		row[6].Text = Moment(p.Since, now)
		if p.App != nil {
			row[7].Text = p.App.String()
		}
	}
	t.Row(row...)
}

// listenAddress is * for any address of both families, which an unspecified
// IPv6 address stands for unless the socket takes IPv6 alone.
func listenAddress(l *ports.Listener) string {
	addr := l.Address.Addr()
	if addr.Is6() && addr.IsUnspecified() && !l.V6Only {
		return "*"
	}
	return addr.String()
}

// Moment is a time of today by the clock, and one of another day with its date,
// where the reader is; empty for an unknown one.
func Moment(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now = t.Local(), now.Local()
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}
