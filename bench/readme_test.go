package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSplice(t *testing.T) {
	const table = "\n| a |\n"
	made := readmeTitle + "\n\n" + readmeIntro + "\n\n" + tableBegin + table + tableEnd + "\n"
	for name, c := range map[string]struct{ readme, want string }{
		"replaced": {"x\n" + tableBegin + "\nold\n" + tableEnd + "\ny\n", "x\n" + tableBegin + table + tableEnd + "\ny\n"},
		"in place": {"# t\n\n" + readmeBefore + "\nz\n", "# t\n\n" + made + "\n" + readmeBefore + "\nz\n"},
		"at end":   {"# t\n\nz\n", "# t\n\nz\n\n" + made},
	} {
		got, err := splice(c.readme, table)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.want)
		}
		again, err := splice(got, table)
		if err != nil || again != got {
			t.Errorf("%s: a second time it is different: %v\n%s", name, err, again)
		}
	}
}

func TestSpliceRefusesBrokenMarkers(t *testing.T) {
	for name, readme := range map[string]string{
		"no end":   tableBegin,
		"no begin": tableEnd,
		"turned":   tableEnd + tableBegin,
		"twice":    tableBegin + tableEnd + tableBegin + tableEnd,
	} {
		if got, err := splice(readme, "t"); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestUpdateReadme(t *testing.T) {
	dir := t.TempDir()
	results, readme := filepath.Join(dir, "r.md"), filepath.Join(dir, "README.md")
	write(t, results, "# r\n"+tableBegin+"\n| new |\n"+tableEnd+"\nmore\n")
	write(t, readme, "# t\n")
	if err := updateReadme(results, readme); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(readme)
	if err != nil || !strings.Contains(string(got), "| new |") || strings.Contains(string(got), "more") {
		t.Errorf("%v\n%s", err, got)
	}
	write(t, results, "no table")
	if err := updateReadme(results, readme); err == nil {
		t.Error("results without a table were taken")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
