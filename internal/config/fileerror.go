package config

import (
	"fmt"
	"strings"
)

// FileError is a mistake in a file. Error gives FILE:LINE:COLUMN: app "NAME": what is wrong.
type FileError struct {
	File         string // as the user typed it
	Line, Column int    // from 1, the column in characters; 0 is unknown
	App          string // the app it is about; may be empty
	Message      string
	Hint         string
	err          error // what was wrong, for errors.As
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
