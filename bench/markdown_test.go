package main

import (
	"strings"
	"testing"
)

// sample is a report with one row of each kind.
func sample() *Report {
	r := &Report{
		Machine:  Machine{CPU: "Abacus", CPUs: 2, Kernel: "6.1", Tools: map[string]string{"go": "1.26"}},
		Began:    "2026-01-02T03:04:05Z",
		Subjects: []Subject{{Name: Ours}, {Name: "a", Version: "1"}, {Name: "b", Missing: "no npm"}, {Name: Limit}},
	}
	s := Section{Name: "memory", Title: "t", Notes: []string{"a note"}, Troubles: []string{"b: gone"}}
	s.add(Row{Key: "pss_1", Label: "PSS", Unit: "MB"}, Ours, 6, 4)
	s.add(Row{Key: "pss_1", Label: "PSS", Unit: "MB"}, "a", 2)
	s.say(Row{Key: "words", Label: "Words"}, "a", "yes|no")
	r.Sections = []Section{s}
	return r
}

func TestMarkdown(t *testing.T) {
	text := sample().markdown()
	for _, want := range []string{
		"| memory for 1 app, MB | 5 | 2 | – | **not best**: 2.50 × a |",
		"| PSS, MB | 5 (4–6; 2) | 2 | **not best**: 2.50 × a |  |",
		`| Words | – | yes\|no |  |  |`,
		"**Missing: b** (no npm).",
		"- a note\n", "- **Not measured:** b: gone\n",
		"Measured 2026-01-02 on 2 × Abacus",
		"## What is not comparable",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if _, err := between(text); err != nil {
		t.Errorf("the README's table: %v", err)
	}
	if strings.Contains(text, "quick run") || strings.Contains(text, "other work") {
		t.Error("it is not a quick run, and nothing disturbed it")
	}
	r := sample()
	r.Quick, r.Sections[0].Busy = true, 0.5
	text = r.markdown()
	if !strings.Contains(text, "quick run") || !strings.Contains(text, "other work before memory") {
		t.Error("a quick run on a busy machine is not told")
	}
}

func TestTable(t *testing.T) {
	got := table([]string{"", "x"}, [][]string{{"a", "1"}})
	if want := "|  | x |\n|---|---|\n| a | 1 |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestHeadlinesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, h := range headlines {
		if seen[h.section+h.key] {
			t.Errorf("%s %s is there twice", h.section, h.key)
		}
		seen[h.section+h.key] = true
	}
}
