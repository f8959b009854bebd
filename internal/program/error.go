package program

import "fmt"

// The exit codes of a program that could not be executed, as in a shell.
const (
	ExitCannotExecute = 126 // it is there but cannot be executed
	ExitNotFound      = 127 // it, or its interpreter, is not there
)

// Error says why a program cannot be executed.
type Error struct {
	Typed   string // the program as the user wrote it
	Exit    int    // ExitCannotExecute or ExitNotFound
	Message string // what happened, with names quoted
	Hint    string // what to do next; may be empty
}

// Error returns the message without the hint.
func (e *Error) Error() string { return e.Message }

func (f *finder) notFound(hint, format string, a ...any) *Error {
	return &Error{Typed: f.typed, Exit: ExitNotFound, Message: fmt.Sprintf(format, a...), Hint: hint}
}

func (f *finder) cannotExecute(hint, format string, a ...any) *Error {
	return &Error{Typed: f.typed, Exit: ExitCannotExecute, Message: fmt.Sprintf(format, a...), Hint: hint}
}
