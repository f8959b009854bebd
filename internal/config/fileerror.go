package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// FileError is a mistake in a file. Error gives FILE:LINE:COLUMN: app "NAME": what is wrong.
type FileError struct {
	File         string // as the user typed it
	Line, Column int    // from 1, the column in characters; 0 is unknown
	App          string // the app it is about; may be empty
	Message      string
	Hint         string
	Source       string // the line of the file as it stands there; empty: unknown
	err          error  // what was wrong, for errors.As
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(place(e.File, e.Line, e.Column))
	if e.App != "" {
		fmt.Fprintf(&b, " app %q:", e.App)
	}
	b.WriteString(" " + e.Message)
	return b.String()
}

// Unwrap returns the *program.Error or *ValueError behind it, or nil.
func (e *FileError) Unwrap() error { return e.err }

// Advises tells whether Hint says more than to correct the place.
func (e *FileError) Advises() bool { return e.Hint != defaultHint(e.Line) }

// The part of a long line that Excerpt shows, in characters before and after
// the place.
const before, after = 50, 50

// Excerpt shows the offending text: the line, and below it a mark under the
// place. It is nil where the line is unknown.
func (e *FileError) Excerpt() []string {
	if e.Source == "" {
		return nil
	}
	line, column := []rune(strings.ReplaceAll(e.Source, "\t", " ")), max(e.Column, 1)
	column = min(column, len(line)+1)
	from, to := max(column-1-before, 0), min(column-1+after, len(line))
	excerpt := string(line[from:to])
	if e.Column == 0 {
		return []string{excerpt}
	}
	return []string{excerpt, strings.Repeat(" ", column-1-from) + "^"}
}

// FileErrors are several mistakes in files, in the order in which they stand
// there; those of which the line is unknown come first.
type FileErrors []*FileError

func (e FileErrors) Error() string {
	lines := make([]string, len(e))
	for i, bad := range e {
		lines[i] = bad.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes.
func (e FileErrors) Unwrap() []error {
	list := make([]error, len(e))
	for i, bad := range e {
		list[i] = bad
	}
	return list
}

// Join makes one error of those of several apps, nil of none. Where one is no
// mistake in a file, that is it.
func Join(errs []error) error {
	var list []*FileError
	for _, err := range errs {
		bad, ok := err.(*FileError)
		if !ok {
			return err
		}
		list = append(list, bad)
	}
	return joined(list)
}

// joined makes one error of mistakes: nil, the *FileError itself or FileErrors.
func joined(list []*FileError) error {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	slices.SortStableFunc(list, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return FileErrors(list)
}

// sourceLine is a line of a text, counted from 1; "" where there is none.
func sourceLine(text string, line int) string {
	for range line - 1 {
		_, rest, more := strings.Cut(text, "\n")
		if !more {
			return ""
		}
		text = rest
	}
	found, _, _ := strings.Cut(text, "\n")
	if line < 1 || !utf8.ValidString(found) {
		return ""
	}
	return strings.TrimRight(found, " \t\r")
}

// Warning is something in a file that is probably not meant.
type Warning struct {
	File         string
	Line, Column int // as in FileError
	Message      string
}

// String gives FILE:LINE:COLUMN: message.
func (w Warning) String() string { return place(w.File, w.Line, w.Column) + " " + w.Message }

// place writes as much of a place as is known, with a colon at the end.
func place(file string, line, column int) string {
	switch {
	case line == 0:
		return file + ":"
	case column == 0:
		return fmt.Sprintf("%s:%d:", file, line)
	}
	return fmt.Sprintf("%s:%d:%d:", file, line, column)
}

// defaultHint says what to do about a mistake whose message says what is wrong.
func defaultHint(line int) string {
	if line == 0 {
		return "nothing was started; correct the file and run it again"
	}
	return fmt.Sprintf("nothing was started; fix line %d and run it again", line)
}
