package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// markdown is the whole of RESULTS.md.
func (r *Report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Beside its peers, measured\n\n")
	fmt.Fprintf(&b, "Written by `bench/run`; no figure by hand. Medians; the sections below have the spread.\n")
	if r.Quick {
		fmt.Fprintf(&b, "\n**A quick run: few rounds, not fit to be published.**\n")
	}
	if names := r.disturbed(); len(names) > 0 {
		fmt.Fprintf(&b, "\n**Not fit to be published: the machine had other work before %s.**\n", strings.Join(names, ", "))
	}
	fmt.Fprintf(&b, "\n%s\n%s%s\n\n", tableBegin, r.headlineTable(), tableEnd)
	r.writeMachine(&b)
	r.writeSubjects(&b)
	for i := range r.Sections {
		r.writeSection(&b, &r.Sections[i])
	}
	b.WriteString(incomparable)
	return b.String()
}

// disturbed are the sections before which the machine was not quiet.
func (r *Report) disturbed() []string {
	var names []string
	for _, s := range r.Sections {
		if s.Busy > 0.1 {
			names = append(names, s.Name)
		}
	}
	return names
}

// headlineTable begins and ends with a line break.
func (r *Report) headlineTable() string {
	var rows [][]string
	names := r.columns(nil)
	for _, h := range headlines {
		row := r.find(h.section, h.key)
		if row == nil {
			continue
		}
		line := []string{h.label}
		for _, name := range names {
			line = append(line, row.Cells[name].short())
		}
		rows = append(rows, append(line, row.standing(r.peers())))
	}
	head := append(append([]string{""}, names...), "forever is")
	text := "\n" + table(head, rows) + "\n" + r.origin() + "\n"
	for _, s := range r.Subjects {
		if s.Missing != "" {
			text += fmt.Sprintf("\n**Missing: %s** (%s).\n", s.Name, s.Missing)
		}
	}
	return text
}

// origin says in a line where and when the figures were taken.
func (r *Report) origin() string {
	var versions []string
	for _, s := range r.Subjects {
		if s.Version != "" && s.Name != Ours && !s.Aside {
			versions = append(versions, s.Name+" "+s.Version)
		}
	}
	m := r.Machine
	return fmt.Sprintf("Measured %s on %d × %s, Linux %s; %s. `limit` is the machine without a supervisor.",
		strings.SplitN(r.Began, "T", 2)[0], m.CPUs, m.CPU, m.Kernel, strings.Join(versions, ", "))
}

// columns are the subjects that were there and, with rows, have a cell in one
// of them; without, those that take part in everything.
func (r *Report) columns(rows []Row) []string {
	var names []string
	for _, s := range r.Subjects {
		has := func(row Row) bool { _, ok := row.Cells[s.Name]; return ok }
		if s.Missing == "" && (rows == nil && !s.Aside || slices.ContainsFunc(rows, has)) {
			names = append(names, s.Name)
		}
	}
	return names
}

func (r *Report) writeMachine(b *strings.Builder) {
	m := r.Machine
	fmt.Fprintf(b, "## Machine\n\n")
	fmt.Fprintf(b, "%d × %s, %s MB, Linux %s, %s", m.CPUs, m.CPU, number(float64(m.MemoryMB)), m.Kernel, m.System)
	for _, tool := range slices.Sorted(maps.Keys(m.Tools)) {
		fmt.Fprintf(b, "; %s %s", tool, m.Tools[tool])
	}
	fmt.Fprintf(b, ".\nThe run began %s and took %s minutes.\n\n", r.Began, number(r.Seconds/60))
}

func (r *Report) writeSubjects(b *strings.Builder) {
	var rows [][]string
	for _, s := range r.Subjects {
		settings := s.Settings
		if s.Missing != "" {
			settings = "**MISSING: " + s.Missing + "**"
		}
		rows = append(rows, []string{s.Name, s.Version, settings})
	}
	fmt.Fprintf(b, "%s\n", table([]string{"subject", "version", "settings"}, rows))
}

func (r *Report) writeSection(b *strings.Builder, s *Section) {
	fmt.Fprintf(b, "## %s: %s\n\n", s.Name, s.Title)
	names := r.columns(s.Rows)
	var rows [][]string
	for i := range s.Rows {
		row := &s.Rows[i]
		line := []string{row.title()}
		for _, name := range names {
			line = append(line, row.Cells[name].long())
		}
		rows = append(rows, append(line, row.verdict(r.peers()), row.toLimit()))
	}
	head := append(append([]string{""}, names...), "forever is", "forever to the limit")
	fmt.Fprintf(b, "%s\nMedian (smallest to 95th percentile; number of values). Took %s s", table(head, rows), number(s.Seconds))
	fmt.Fprintf(b, "; right before, something else used %s %% of the machine.\n\n", number(100*s.Busy))
	for _, note := range s.Notes {
		fmt.Fprintf(b, "- %s\n", note)
	}
	for _, trouble := range s.Troubles {
		fmt.Fprintf(b, "- **Not measured:** %s\n", trouble)
	}
	fmt.Fprintln(b)
}

// title is the label with its unit.
func (r *Row) title() string {
	if r.Unit == "" {
		return r.Label
	}
	return r.Label + ", " + r.Unit
}

// short is the median, or the words, or a dash for what was not measured.
func (c Cell) short() string {
	switch {
	case c.Words != "":
		return c.Words
	case c.Summary.N == 0:
		return "–"
	}
	return number(c.Summary.Median)
}

// long is short with the spread.
func (c Cell) long() string {
	if c.Summary.N < 2 {
		return c.short()
	}
	s := c.Summary
	return fmt.Sprintf("%s (%s–%s; %d)", number(s.Median), number(s.Min), number(s.P95), s.N)
}

// table is a Markdown table; a bar in a cell would end it.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(&b, "| %s ", strings.ReplaceAll(c, "|", `\|`))
		}
		b.WriteString("|\n")
	}
	line(head)
	b.WriteString("|---" + strings.Repeat("|---", len(head)-1) + "|\n")
	for _, row := range rows {
		line(row)
	}
	return b.String()
}
