package units

import (
	"slices"
	"strings"
)

// cron is the last resort: it starts, but nobody stops the programs in order
// when the machine goes down.
func (b Boot) cron() Hook {
	name := b.name(false)
	// In a crontab a percent sign ends the command.
	command := strings.ReplaceAll(b.command("resurrect"), "%", `\%`)
	return Hook{Kind: Cron, Name: name, Text: "@reboot " + command + mark(name) + "\n"}
}

// mark ends the line that is ours in a crontab.
func mark(name string) string { return " # " + name + " startup" }

// withoutLine is a crontab without the line of that name.
func withoutLine(table, name string) string {
	lines := strings.SplitAfter(table, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "@reboot ") && strings.HasSuffix(strings.TrimSpace(line), mark(name))
	}), "")
}

// withLine is a crontab with the hook's line, once, at its end.
func withLine(table string, h Hook) string {
	table = withoutLine(table, h.Name)
	if table != "" && !strings.HasSuffix(table, "\n") {
		table += "\n"
	}
	return table + h.Text
}
