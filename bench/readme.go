package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The table of the README stands between these, in both files.
const (
	tableBegin = "<!-- table begin -->"
	tableEnd   = "<!-- table end -->"
)

// The section of the README, and the one before which it is made.
const (
	readmeTitle  = "## Beside its peers"
	readmeBefore = "## Platforms"
)

const readmeIntro = `How much of the machine it takes, and how long it makes you wait, beside others
that do the same work. Measured in one run on one machine by ` + "`bench/run`" + `, which
writes [bench/RESULTS.md](bench/RESULTS.md) with the spread of each figure, the
settings, and what is not comparable.`

// updateReadme copies the table of the results into the README.
func updateReadme(results, readme string) error {
	from, err := os.ReadFile(results)
	if err != nil {
		return fmt.Errorf("read the results: %w", err)
	}
	table, err := between(string(from))
	if err != nil {
		return fmt.Errorf("%s: %w", results, err)
	}
	to, err := os.ReadFile(readme)
	if err != nil {
		return fmt.Errorf("read the README: %w", err)
	}
	changed, err := splice(string(to), table)
	if err != nil {
		return fmt.Errorf("%s: %w", readme, err)
	}
	return os.WriteFile(readme, []byte(changed), 0o644)
}

// between is what stands between the two markers.
func between(text string) (string, error) {
	from, to, err := markers(text)
	if err != nil {
		return "", err
	}
	return text[from:to], nil
}

// markers finds where the table begins and where it ends.
func markers(text string) (from, to int, err error) {
	if strings.Count(text, tableBegin) != 1 || strings.Count(text, tableEnd) != 1 {
		return 0, 0, errors.New("the table's two markers must each be there once")
	}
	from = strings.Index(text, tableBegin) + len(tableBegin)
	to = strings.Index(text, tableEnd)
	if to < from {
		return 0, 0, errors.New("the table ends before it begins")
	}
	return from, to, nil
}

// splice puts the table in its place, and makes the place if there is none.
func splice(readme, table string) (string, error) {
	if !strings.Contains(readme, tableBegin) && !strings.Contains(readme, tableEnd) {
		readme = makeRoom(readme)
	}
	from, to, err := markers(readme)
	if err != nil {
		return "", err
	}
	return readme[:from] + table + readme[to:], nil
}

// makeRoom adds the section with an empty table.
func makeRoom(readme string) string {
	section := readmeTitle + "\n\n" + readmeIntro + "\n\n" + tableBegin + "\n" + tableEnd + "\n\n"
	at := strings.Index(readme, "\n"+readmeBefore+"\n")
	if at < 0 {
		return strings.TrimRight(readme, "\n") + "\n\n" + strings.TrimRight(section, "\n") + "\n"
	}
	return readme[:at+1] + section + readme[at+1:]
}
