package watch

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	ignore "github.com/sabhiram/go-gitignore"
)

// IgnoreFile is the file with further patterns in a watched folder.
const IgnoreFile = ".foreverignore"

const sep = string(filepath.Separator)

// always are not watched: what tools write beside the program, or the program
// itself while it starts. A pattern with ! in front takes one back.
func always() []string {
	return []string{
		"node_modules", ".git", ".hg", ".svn", "__pycache__", "*.pyc",
		"*~", "*.swp", "*.swo", "*.swx", "4913", ".#*", `\#*#`, ".DS_Store",
	}
}

// rules are the patterns of one folder.
type rules struct {
	dir      string
	patterns *ignore.GitIgnore
}

func newRules(dir string, more []string) (*rules, error) {
	own, err := readIgnoreFile(filepath.Join(dir, IgnoreFile))
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, line := range slices.Concat(always(), own, more) {
		lines = append(lines, translate(relative(dir, line)))
	}
	return &rules{dir, ignore.CompileIgnoreLines(lines...)}, nil
}

func readIgnoreFile(name string) (lines []string, err error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is not watched: %w", err)
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for n := 1; scanner.Scan(); n++ {
		if err := Check(scanner.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		lines = append(lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return lines, nil
}

// Check refuses a pattern that could match nothing.
func Check(pattern string) error {
	if _, err := path.Match(strings.TrimPrefix(strings.TrimSpace(pattern), "!"), ""); err != nil {
		return fmt.Errorf("%q is no pattern as in .gitignore: a [ without its ], or a \\ at its end", pattern)
	}
	return nil
}

// relative makes a pattern that is a path from here, or an absolute one, mean
// that path in dir.
func relative(dir, line string) string {
	if rest, ok := strings.CutPrefix(line, "./"); ok {
		return "/" + rest
	}
	if rest, ok := strings.CutPrefix(line, dir+sep); ok {
		return "/" + filepath.ToSlash(rest)
	}
	return line
}

// translate prepares a pattern for the library, which makes a regular
// expression of it and leaves its special characters as they are, but takes ?
// for a plain one.
func translate(line string) string {
	var b strings.Builder
	inside := false // of [ ]
	for i, r := range line {
		switch {
		case r == '[' && !inside:
			inside = true
			b.WriteRune(r)
		case r == ']' && inside:
			inside = false
			b.WriteRune(r)
		case inside && r == '!' && line[i-1] == '[':
			b.WriteRune('^')
		case inside:
			b.WriteRune(r)
		case r == '?':
			b.WriteString("[^/]")
		case strings.ContainsRune("()+|${}", r):
			b.WriteString("[" + string(r) + "]")
		case r == '^':
			b.WriteString(`\^`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// match tells whether the patterns leave a path below dir out.
func (r *rules) match(name string, isDir bool) bool {
	rel, err := filepath.Rel(r.dir, name)
	if err != nil || rel == "." || rel == ".." || strings.HasPrefix(rel, ".."+sep) {
		return false
	}
	if isDir {
		rel += "/"
	}
	return r.patterns.MatchesPath(rel)
}

// ignored: changes of it never count, and nothing below it is watched.
func (w *Watcher) ignored(name string, isDir bool) bool {
	for _, skip := range w.o.Skip {
		// FILE.1 is the file when it has been put aside.
		if name == skip || strings.HasPrefix(name, skip+".") || strings.HasPrefix(name, strings.TrimSuffix(skip, sep)+sep) {
			return true
		}
	}
	return slices.ContainsFunc(w.rules, func(r *rules) bool { return r.match(name, isDir) })
}

// counts: its suffix is one of those that were asked for.
func (w *Watcher) counts(name string) bool {
	if len(w.o.Ext) == 0 {
		return true
	}
	return slices.ContainsFunc(w.o.Ext, func(ext string) bool { return strings.HasSuffix(name, "."+ext) })
}
