package config

import "fmt"

// ValueError says what is wrong with the value of an option.
type ValueError struct {
	Option  string // its kebab-case name
	Message string // what is wrong, e.g. `wants a whole number, not "x"`
	Hint    string // what to do; may be empty
	// whole marks a message that says by itself which option it is about.
	whole bool
	// at is the place in a file, if it is inside of the option's value.
	at position
}

// Error words it for a command line.
func (e *ValueError) Error() string { return e.text("--" + e.Option) }

// in makes it the error of a file in which the option is called key and its
// value stands at a place.
func (e *ValueError) in(key string, at position) *FileError {
	if e.at.line > 0 {
		at = e.at
	}
	return &FileError{Line: at.line, Column: at.column, Message: e.text(key), Hint: e.Hint, err: e}
}

// text words it with the name that the option has where it was used.
func (e *ValueError) text(name string) string {
	if e.whole {
		return e.Message
	}
	return name + " " + e.Message
}

// wrong makes the error of a value; named fills in the option.
func wrong(format string, a ...any) error {
	return &ValueError{Message: fmt.Sprintf(format, a...)}
}

// wrongHint is wrong with advice.
func wrongHint(hint, format string, a ...any) error {
	return &ValueError{Message: fmt.Sprintf(format, a...), Hint: hint}
}
