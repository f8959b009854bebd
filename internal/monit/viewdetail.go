package monit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"forever/internal/render"
	"forever/internal/wire"
)

func (m *model) detailTitle() []piece {
	a := m.app()
	if a == nil {
		return []piece{plain("no app")}
	}
	return []piece{{text: render.Escape(a.Name), bold: true}, styled(fmt.Sprintf(" id %d", a.ID), render.Dim)}
}

// details is the chosen app: facts, and under them its cpu and memory over time.
func (m *model) details(b brush, width, height int) []string {
	a := m.app()
	if a == nil {
		return m.blank(b, width, height, "")
	}
	const graphsLeast = 7 // two titles, two rows each, and the times
	facts := m.facts(b, a, width)
	facts = append(facts, m.instances(b, a, width, height-graphsLeast-len(facts))...)
	facts = facts[:min(len(facts), max(0, height-graphsLeast))]
	return append(facts, m.graphs(b, a, width, height-len(facts))...)
}

// facts are the rows that every app has, and what is wrong with it.
func (m *model) facts(b brush, a *wire.App, width int) []string {
	half := width * 3 / 5
	pair := func(left, right []piece) string { return b.fit(half, left...) + b.fit(width-half, right...) }
	status := append(fact("status", a.Status, render.StatusStyle(a.Status)), styled(m.uptime(a), render.Dim))
	rows := []string{
		pair(status, fact("restarts", strconv.Itoa(a.Restarts), render.Plain)),
		pair(fact("pid", pids(a), render.Plain), fact("ports", orDash(ports(a)), render.Plain)),
	}
	text, style := remark(a, m.now)
	if text == "" {
		command := render.Words(append([]string{a.Script}, a.Args...))
		return append(rows, b.fit(width, fact("runs", render.Escape(command), render.Plain)...))
	}
	for _, line := range firstTwo(render.Fold(render.Escape(text), width-2, "  ")) {
		rows = append(rows, b.fit(width, plain(" "), styled(line, style)))
	}
	return rows
}

// remark is what a person should know of an app first: why it does not run, that
// it is not well, what its instances have met, what they say; or "".
func remark(a *wire.App, now time.Time) (string, render.Style) {
	if text := render.Trouble(a, now); text != "" {
		if len(a.Instances) == 1 {
			text = strings.TrimPrefix(text, a.Name+": ") // it stands in the title
		}
		return text, render.StatusStyle(a.Status)
	}
	of := func(say func(*wire.Instance) string) string {
		for i := range a.Instances {
			in := &a.Instances[i]
			switch text := say(in); {
			case text == "" || in.PID == 0:
			case len(a.Instances) > 1:
				return fmt.Sprintf(":%d: %s", in.Index, text)
			default:
				return text
			}
		}
		return ""
	}
	if text := of(render.Unwell); text != "" {
		return text, render.Red
	}
	if text := of(func(in *wire.Instance) string { return in.Note }); text != "" {
		return text, render.Yellow
	}
	return of(func(in *wire.Instance) string { return in.Says }), render.Plain
}

// firstTwo cuts lines to two.
func firstTwo(lines []string) []string { return lines[:min(len(lines), 2)] }

// fact is a value with its name.
func fact(name, value string, y render.Style) []piece {
	return []piece{styled(" "+pad(name, 9), render.Dim), styled(value, y)}
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// uptime is that of the instance that has been running longest.
func (m *model) uptime(a *wire.App) string {
	var longest time.Duration
	for i := range a.Instances {
		longest = max(longest, m.running(&a.Instances[i]))
	}
	if longest == 0 {
		return ""
	}
	return " for " + render.Duration(longest)
}

// running is how long an instance has been, by our clock: it goes on between
// two looks.
func (m *model) running(in *wire.Instance) time.Duration {
	if in.PID == 0 {
		return 0
	}
	return time.Duration(in.UptimeMS)*time.Millisecond + max(0, m.now.Sub(m.at))
}

func pids(a *wire.App) string {
	var list []int
	for i := range a.Instances {
		if pid := a.Instances[i].PID; pid > 0 {
			list = append(list, pid)
		}
	}
	return orDash(render.Numbers(list))
}

// ports are those of all instances, each once.
func ports(a *wire.App) string {
	var list []int
	seen := map[int]bool{}
	for i := range a.Instances {
		for _, port := range a.Instances[i].Ports {
			if !seen[port] {
				seen[port] = true
				list = append(list, port)
			}
		}
	}
	return render.Numbers(list)
}

// instances is a row for each of several instances, as far as there is room.
func (m *model) instances(b brush, a *wire.App, width, height int) []string {
	if len(a.Instances) < 2 || height < 2 {
		return nil
	}
	var rows []string
	for i := range a.Instances {
		if len(rows) == height-1 && i < len(a.Instances)-1 {
			return append(rows, b.fit(width, styled(fmt.Sprintf(" and %d more", len(a.Instances)-i), render.Dim)))
		}
		rows = append(rows, b.fit(width, m.instance(&a.Instances[i])...))
	}
	return rows
}

func (m *model) instance(in *wire.Instance) []piece {
	row := []piece{
		styled(" "+pad(fmt.Sprintf(":%d", in.Index), 5), render.Dim),
		plain(padLeft(above(in.PID, 0, "%d"), 8) + "  "),
		styled(pad(sign(in.Status)+in.Status, statusColumn), render.StatusStyle(in.Status)),
	}
	if in.PID == 0 {
		return row
	}
	row = append(row, plain(padLeft(render.Duration(m.running(in)), 8)))
	if in.MemoryBytes > 0 {
		row = append(row, plain(padLeft(render.Percent(in.CPUPercent), cpuColumn+1)+padLeft(render.Bytes(in.MemoryBytes), memoryColumn+1)))
	}
	return row
}
