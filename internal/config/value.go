package config

import "fmt"

// ValueError says what is wrong with the value of an option.
type ValueError struct {
	Option  string // its kebab-case name
	Message string // what is wrong, e.g. `wants a whole number, not "x"`
	Hint    string // what to do; may be empty
	// whole marks a message that says by itself which option it is about.
	whole bool
}

// Error words it for a command line.
func (e *ValueError) Error() string { return e.text("--" + e.Option) }

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
