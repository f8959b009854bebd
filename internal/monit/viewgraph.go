package monit

import (
	"strconv"
	"strings"
	"time"

	"forever/internal/render"
	"forever/internal/wire"
)

// graphs are the cpu and the memory of an app, one above the other, and the
// time that they reach back.
func (m *model) graphs(b brush, a *wire.App, width, height int) []string {
	h := m.past[a.UID]
	if h == nil {
		h = &history{}
	}
	n := max(1, width-2)
	step := stepFor(spans[m.span], m.interval, n)
	rows := (height - 3) / 2
	last := h.last()
	cpuNow, memoryNow := last.print()
	cpu, memory := h.columns(n, step, cpuOf), h.columns(n, step, memoryOf)
	out := m.graph(b, "cpu", cpuNow, cpu, percentScale, width, rows+(height-3)%2, render.Green)
	out = append(out, m.graph(b, "memory", memoryNow, memory, byteScale, width, rows, render.Blue)...)
	reach := time.Duration(n*step) * m.interval
	return append(out, b.spread(width, []piece{styled(" "+render.Duration(reach)+" ago", render.Dim)}, []piece{styled("now ", render.Dim)}))
}

// scale is how the height of a graph is chosen and printed.
type scale struct {
	round func(float64) float64
	print func(float64) string
}

var (
	percentScale = scale{roundPercent, render.Percent}
	byteScale    = scale{roundBytes, func(v float64) string { return render.Bytes(uint64(v)) }}
)

// graph is a title with the value now, the greatest one and the scale, and bars.
func (m *model) graph(b brush, name, now string, values []float64, s scale, width, rows int, y render.Style) []string {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	top := s.round(most)
	left := append(fact(name, now, render.Plain), styled("  most "+s.print(most), render.Dim))
	left[1].bold = true
	out := []string{b.spread(width, left, []piece{styled("scale "+s.print(top)+" ", render.Dim)})}
	for _, line := range bars(values, top, rows) {
		out = append(out, b.fit(width, plain(" "), styled(line, y)))
	}
	return out
}

// brief is the chosen app in a few rows.
func (m *model) brief(b brush, width, height int) []string {
	a := m.app()
	if a == nil || height < 1 {
		return m.blank(b, width, height, "")
	}
	h := m.past[a.UID]
	if h == nil {
		h = &history{}
	}
	cpu, memory := h.last().print()
	top := []piece{
		{text: " " + render.Escape(a.Name), bold: true}, plain("  "),
		styled(a.Status, render.StatusStyle(a.Status)), styled(m.uptime(a), render.Dim), plain("  pid " + pids(a)),
	}
	rows := []string{b.fit(width, top...)}
	if height == 2 {
		rows = append(rows, b.fit(width, plain(" cpu "+cpu+"  memory "+memory)))
	}
	if height > 2 {
		rows = append(rows, m.spark(b, h, "cpu", cpu, cpuOf, percentScale, width, render.Green),
			m.spark(b, h, "memory", memory, memoryOf, byteScale, width, render.Blue))
	}
	if height > 3 {
		text, style := remark(a, m.now)
		if text == "" {
			text = "restarts " + strconv.Itoa(a.Restarts) + "  ports " + orDash(ports(a))
		}
		rows = append(rows, b.fit(width, styled(" "+render.Escape(text), style)))
	}
	return rows
}

// spark is a graph of one row.
func (m *model) spark(b brush, h *history, name, now string, pick func(usage) float64, s scale, width int, y render.Style) string {
	left := []piece{styled(" "+pad(name, 7), render.Dim), {text: padLeft(now, 7) + " ", bold: true}}
	n := max(1, width-widthOf(left)-9)
	values := h.columns(n, stepFor(spans[m.span], m.interval, n), pick)
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	top := s.round(most)
	return b.fit(width, append(left, styled(bars(values, top, 1)[0], y), styled(" /"+strings.TrimSpace(s.print(top)), render.Dim))...)
}
