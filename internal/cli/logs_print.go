package cli

import (
	"fmt"
	"strings"

	"forever/internal/logs"
	"forever/internal/render"
)

// linePrinter prints lines of output in the way that was asked for.
type linePrinter struct {
	out       *render.Screen
	json, raw bool
	several   map[int]bool // apps of which several instances are shown, by id
	width     int          // of the names in front; 0: none
}

func (c *call) printer(sources []logs.Source) *linePrinter {
	p := &linePrinter{out: c.out, json: c.opts.Bool("json"), raw: c.opts.Bool("raw"), several: map[int]bool{}}
	first := sources[0]
	mixed := false
	for _, s := range sources {
		mixed = mixed || s.ID != first.ID || s.Instance != first.Instance
		p.several[s.ID] = p.several[s.ID] || s.Instance > 0
	}
	for _, s := range sources {
		if mixed {
			p.width = max(p.width, render.Width(p.name(s.App, s.ID, s.Instance)))
		}
	}
	return p
}

// name is whose line it is.
func (p *linePrinter) name(app string, id, instance int) string {
	name := render.Escape(app)
	if p.several[id] {
		name = fmt.Sprintf("%s:%d", name, instance)
	}
	return name
}

func (p *linePrinter) print(l logs.Line) error {
	switch {
	case p.json:
		return encodeJSON(p.out, jsonLine{l.App, l.ID, l.Instance, l.Stream, string(l.Text)}, "")
	case p.raw:
		_, err := p.out.Write(append(l.Text, '\n'))
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s%s\n", p.prefix(l), p.out.Line(string(l.Text)))
	return err
}

// jsonLine is a line of output as `logs --json` prints it.
type jsonLine struct {
	App      string `json:"app"`
	ID       int    `json:"id"`
	Instance int    `json:"instance"`
	Stream   string `json:"stream"` // out or err
	Text     string `json:"text"`
}

// prefix says whose line it is, where lines of several are mixed.
func (p *linePrinter) prefix(l logs.Line) string {
	if p.width == 0 {
		return ""
	}
	name := p.name(l.App, l.ID, l.Instance)
	name += strings.Repeat(" ", max(0, p.width-render.Width(name)))
	if l.Stream == "err" {
		return p.out.Paint(name+" ! ", render.Red)
	}
	return p.out.Paint(name+" | ", render.Blue)
}
