package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Ours and Limit are subjects beside the peers: forever itself, and what the
// machine allows without any supervisor.
const (
	Ours  = "forever"
	Limit = "limit"
)

// Report is one run: everything measured one after the other on one machine.
type Report struct {
	Machine  Machine   `json:"machine"`
	Began    string    `json:"began"` // RFC 3339
	Seconds  float64   `json:"seconds"`
	Quick    bool      `json:"quick"`
	Subjects []Subject `json:"subjects"` // in the order of the tables
	Sections []Section `json:"sections"`
}

// Machine is where it was measured.
type Machine struct {
	CPU      string            `json:"cpu"`
	CPUs     int               `json:"cpus"`
	MemoryMB int               `json:"memory_mb"`
	Kernel   string            `json:"kernel"`
	System   string            `json:"system"`
	Tools    map[string]string `json:"tools"` // versions of go, node, python3, cc
}

// Subject is forever, a peer or the limit.
type Subject struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Settings string `json:"settings"`
	Missing  string `json:"missing,omitempty"` // why it could not be measured
	// Aside: it takes part in one section alone, and has no column in the table
	// of the README.
	Aside bool `json:"aside,omitempty"`
}

// Section is one subject of the measurements.
type Section struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Notes   []string `json:"notes"`
	Seconds float64  `json:"seconds"`
	// Busy is the share of the machine that something else used right before.
	Busy     float64  `json:"busy"`
	Rows     []Row    `json:"rows"`
	Troubles []string `json:"troubles,omitempty"` // what could not be measured, and why
}

// Row is one figure of all subjects.
type Row struct {
	Key    string `json:"key"`   // for programs: "pss_10"
	Label  string `json:"label"` // for people
	Unit   string `json:"unit"`
	Higher bool   `json:"higher_is_better,omitempty"`
	// Neutral: neither is better.
	Neutral bool            `json:"neutral,omitempty"`
	Cells   map[string]Cell `json:"cells"` // by subject
}

// Cell is what one subject reached: numbers, or words where there are none.
type Cell struct {
	Values  []float64 `json:"values,omitempty"` // in the order in which they came
	Summary summary   `json:"summary"`
	Words   string    `json:"words,omitempty"`
}

// row finds a row by its key, or adds it.
func (s *Section) row(r Row) *Row {
	i := slices.IndexFunc(s.Rows, func(have Row) bool { return have.Key == r.Key })
	if i < 0 {
		r.Cells = map[string]Cell{}
		s.Rows = append(s.Rows, r)
		i = len(s.Rows) - 1
	}
	return &s.Rows[i]
}

// add puts values beside those that a subject has in a row.
func (s *Section) add(r Row, subject string, values ...float64) {
	row := s.row(r)
	all := append(row.Cells[subject].Values, values...)
	row.Cells[subject] = Cell{Values: all, Summary: summarize(all)}
}

// say puts words in place of a number.
func (s *Section) say(r Row, subject, words string) {
	s.row(r).Cells[subject] = Cell{Words: words}
}

// find is the row of a section, or nil.
func (r *Report) find(section, key string) *Row {
	for i := range r.Sections {
		if r.Sections[i].Name != section {
			continue
		}
		for j := range r.Sections[i].Rows {
			if r.Sections[i].Rows[j].Key == key {
				return &r.Sections[i].Rows[j]
			}
		}
	}
	return nil
}

// peers are the names of the subjects that forever is compared with.
func (r *Report) peers() []string {
	var names []string
	for _, s := range r.Subjects {
		if s.Name != Ours && s.Name != Limit && s.Missing == "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// save writes the report as JSON.
func (r *Report) save(path string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
