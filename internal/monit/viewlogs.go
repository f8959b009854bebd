package monit

import (
	"fmt"

	"forever/internal/render"
)

// logPane is a rule with the state of the logs, and lines. joint is as in rule.
func (m *model) logPane(b brush, width, height, joint int) []string {
	if height < 1 {
		return nil
	}
	seen := m.logs.window(m.words, height-1)
	rows := []string{m.logRule(b, width, joint)}
	for _, l := range seen {
		rows = append(rows, m.logRow(b, l, width))
	}
	if len(seen) == 0 && height > 1 {
		rows = append(rows, b.fit(width, styled(" "+m.silence(), render.Dim)))
	}
	for len(rows) < height {
		rows = append(rows, b.fit(width))
	}
	return rows
}

// silence is why there are no lines.
func (m *model) silence() string {
	switch {
	case m.logs.fault != "":
		return render.Escape(m.logs.fault)
	case m.chosen == "":
		return ""
	case m.words != "" && len(m.logs.lines) > 0:
		return "no line contains " + render.Escape(m.words)
	}
	return "nothing was printed yet"
}

// logRule is the line above the logs.
func (m *model) logRule(b brush, width, joint int) string {
	name := "logs"
	if a := m.app(); a != nil {
		name += " of " + render.Escape(a.Name)
	}
	title := []piece{plain(name)}
	if m.words != "" {
		title = append(title, styled(" /"+render.Escape(m.words), render.Yellow))
	}
	switch {
	case m.logs.back > 0:
		title = append(title, styled(fmt.Sprintf(" %s below", render.Plural(m.logs.back, "line")), render.Yellow))
	case m.chosen != "":
		title = append(title, styled(" live", render.Dim))
	}
	return m.rule(b, width, joint, title, m.focus == paneLogs)
}

// logRow is one line of output: which instance, which stream, the text.
func (m *model) logRow(b brush, l logLine, width int) string {
	lead := []piece{}
	if a := m.app(); a != nil && len(a.Instances) > 1 && l.instance >= 0 {
		lead = append(lead, styled(padLeft(fmt.Sprintf(":%d", l.instance), 3), render.Dim))
	}
	if l.err {
		lead = append(lead, styled(" ! ", render.Red))
	} else {
		lead = append(lead, styled(" │ ", render.Dim))
	}
	if l.at != "" {
		lead = append(lead, styled(l.at+" ", render.Dim))
	}
	room := width - widthOf(lead)
	if room < 1 {
		return b.fit(width, lead...)
	}
	return b.fit(width-room, lead...) + clip(l.text, m.logs.right, room)
}
