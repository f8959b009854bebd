package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"forever/internal/logs"
	"forever/internal/render"
)

// linePrinter prints lines of output in the way that was asked for.
type linePrinter struct {
	out       *render.Screen
	buf       *bufio.Writer // to out
	json, raw bool
	lit       *regexp.Regexp       // shown in colour
	several   map[int]bool         // apps of which several instances are shown, by id
	colors    map[int]render.Style // of the apps, by id
	mixed     bool                 // lines say whose they are
	width     int                  // of the names in front
	first     *logs.Source
}

func (c *call) printer(sources []logs.Source, q *logQuery) *linePrinter {
	p := &linePrinter{
		out: c.out, buf: bufio.NewWriterSize(c.out, 64<<10), json: q.json, raw: q.raw, lit: q.lit,
		several: map[int]bool{}, colors: map[int]render.Style{}, mixed: c.out.Terminal || c.out.Color,
	}
	p.meet(sources)
	return p
}

// meet gets to know the sources whose lines will come.
func (p *linePrinter) meet(sources []logs.Source) {
	palette := []render.Style{render.Blue, render.Green, render.Yellow, render.Cyan, render.Magenta}
	for i := range sources {
		s := &sources[i]
		if p.first == nil {
			p.first = s
		}
		if _, known := p.colors[s.ID]; !known {
			p.colors[s.ID] = palette[len(p.colors)%len(palette)]
		}
		p.mixed = p.mixed || s.ID != p.first.ID || s.Instance != p.first.Instance || s.Instance < 0 && s.JSON
		p.several[s.ID] = p.several[s.ID] || s.Instance > 0 || s.Instance < 0 && s.JSON
	}
	for _, s := range sources {
		p.width = max(p.width, render.Width(p.name(s.App, s.ID, max(s.Instance, 0))))
	}
}

// name is whose line it is.
func (p *linePrinter) name(app string, id, instance int) string {
	name := render.Escape(app)
	if p.several[id] && instance >= 0 {
		name = fmt.Sprintf("%s:%d", name, instance)
	}
	return name
}

// object is a line as --log-type json has it in the file.
type object struct {
	Timestamp *string `json:"timestamp"`
	Message   *string `json:"message"`
	Stream    string  `json:"stream"`
	Instance  int     `json:"instance"`
	PID       int     `json:"pid"`
}

// parseObject reads a line of a log of that type; known: it is one.
func parseObject(text []byte) (o object, known bool) {
	err := json.Unmarshal(text, &o)
	return o, err == nil && o.Timestamp != nil && o.Message != nil
}

// unpack replaces an object by what it tells.
func unpack(l logs.Line) (line logs.Line, at string) {
	o, known := object{}, false
	if l.JSON {
		o, known = parseObject(l.Text)
	}
	if !known {
		return l, ""
	}
	l.Text, l.Stream, l.Instance = []byte(*o.Message), o.Stream, o.Instance
	return l, *o.Timestamp
}

// print prints a line; flush has it seen.
func (p *linePrinter) print(l logs.Line) error {
	if p.raw {
		_, err := p.buf.Write(append(l.Text, '\n'))
		return err
	}
	l, at := unpack(l)
	if p.json {
		return encodeJSON(p.buf, jsonLine{l.App, l.ID, l.Instance, l.Stream, string(l.Text), at}, "")
	}
	if at != "" {
		at = p.out.Paint(p.out.Line(at), render.Dim) + " "
	}
	_, err := fmt.Fprintf(p.buf, "%s%s%s\n", p.prefix(l), at, p.text(l.Text))
	return err
}

func (p *linePrinter) flush() error { return p.buf.Flush() }

// jsonLine is a line of output as `logs --json` prints it.
type jsonLine struct {
	App      string `json:"app"`
	ID       int    `json:"id"`
	Instance int    `json:"instance"` // -1: not known
	Stream   string `json:"stream"`   // out, err, or out+err where it is not known
	Text     string `json:"text"`
	Time     string `json:"time,omitempty"` // of --log-type json
}

// text is a line with what is to stand out in colour.
func (p *linePrinter) text(line []byte) string {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if p.lit == nil || !p.out.Color {
		return p.out.Line(string(line))
	}
	var b strings.Builder
	from := 0
	for _, at := range p.lit.FindAllIndex(line, -1) {
		b.WriteString(p.out.Line(string(line[from:at[0]])))
		b.WriteString(p.out.Paint(p.out.Line(string(line[at[0]:at[1]])), render.Inverse))
		from = at[1]
	}
	b.WriteString(p.out.Line(string(line[from:])))
	return b.String()
}

// prefix says whose line it is, for a person or where lines of several are mixed.
func (p *linePrinter) prefix(l logs.Line) string {
	if !p.mixed {
		return ""
	}
	name := p.name(l.App, l.ID, l.Instance)
	name += strings.Repeat(" ", max(0, p.width-render.Width(name)))
	sign := p.out.Paint(" | ", p.colors[l.ID])
	if l.Stream == "err" {
		sign = p.out.Paint(" ! ", render.Red)
	}
	return p.out.Paint(name, p.colors[l.ID]) + sign
}
