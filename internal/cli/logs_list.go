package cli

import (
	"strconv"
	"time"

	"forever/internal/logs"
	"forever/internal/render"
)

// logFile is a log as `logs --list --json` prints it.
type logFile struct {
	App      string    `json:"app"`
	ID       int       `json:"id"`
	Instance int       `json:"instance"` // -1: several
	Stream   string    `json:"stream"`
	File     string    `json:"file"`
	Bytes    int64     `json:"bytes"`       // of this file
	Older    int       `json:"older"`       // how many were put aside
	Total    int64     `json:"total_bytes"` // of all
	Changed  time.Time `json:"changed_at,omitzero"`
}

// listLogs prints which files the sources are.
func (c *call) listLogs(sources []logs.Source, asJSON bool) error {
	list := []logFile{}
	for _, s := range sources {
		files, err := logs.Files(s.Path)
		if err != nil {
			return err
		}
		l := logFile{App: s.App, ID: s.ID, Instance: s.Instance, Stream: s.Stream, File: s.Path}
		for _, f := range files {
			l.Total += f.Size
			if f.Older > 0 {
				l.Older++
				continue
			}
			l.Bytes, l.Changed = f.Size, f.Changed
		}
		list = append(list, l)
	}
	if asJSON {
		return encodeJSON(c.out, list, "  ")
	}
	return c.logTable(list)
}

func (c *call) logTable(list []logFile) error {
	t := &render.Table{Columns: []render.Column{
		{Title: "app", Least: 10}, {Title: "stream", Spare: 3}, {Title: "file", Least: 20},
		{Title: "size", Right: true}, {Title: "older", Right: true, Spare: 1}, {Title: "changed", Right: true, Spare: 2},
	}}
	for _, l := range list {
		index := ""
		if l.Instance > 0 {
			index = ":" + strconv.Itoa(l.Instance)
		}
		changed := "-"
		if !l.Changed.IsZero() {
			changed = render.Duration(time.Since(l.Changed)) + " ago"
		}
		older := ""
		if l.Older > 0 {
			older = strconv.Itoa(l.Older) + " (" + render.Bytes(uint64(l.Total-l.Bytes)) + ")"
		}
		t.Row(render.Cell{Text: l.App, Tail: index, Style: render.Bold}, render.Cell{Text: l.Stream},
			render.Cell{Text: l.File}, render.Cell{Text: render.Bytes(uint64(l.Bytes))},
			render.Cell{Text: older}, render.Cell{Text: changed})
	}
	return t.Write(c.out)
}
