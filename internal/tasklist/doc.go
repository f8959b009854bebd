// Package tasklist is the classic tasklist and taskkill of Windows, on every
// platform: their options, filters, tables, messages and exit codes. Outside
// Windows the ".exe" of an image name may be left out or written, sessions are
// those of setsid(2), and threads of the kernel are no tasks. Letter case of
// options, filters and names does not matter.
package tasklist

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// The exit codes of both commands.
const (
	exitDone     = 0
	exitFailed   = 1   // also a wrong command line
	exitNotFound = 128 // taskkill: no such process
)

// UsageError is a wrong command line. Command is the one whose /? helps.
type UsageError struct {
	Command, Text string
}

func (e *UsageError) Error() string { return e.Text }

// Explain prints a mistake in the command line and returns the exit code.
func Explain(err error, stderr io.Writer) int {
	fmt.Fprintf(stderr, "ERROR: %v\n", err)
	var usage *UsageError
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Type \"%s /?\" for usage.\n", usage.Command)
	}
	return exitFailed
}

// arguments reads a command line option by option.
type arguments struct {
	command string
	rest    []string
}

// each hands every option to set, which takes its value by itself.
func (a *arguments) each(set func(option string, a *arguments) error) error {
	for len(a.rest) > 0 {
		option, err := a.next()
		if err == nil {
			err = set(option, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// common are the options that both commands have.
type common struct {
	Help    bool
	filters filters
}

// set takes an option that the command itself does not know.
func (c *common) set(option string, a *arguments) error {
	switch option {
	case "FI":
		return c.filters.add(a)
	case "?", "H", "-HELP":
		c.Help = true
		return nil
	case "S", "U", "P":
		return a.errorf("Invalid argument/option - '/%s'. Other machines cannot be reached.", strings.ToLower(option))
	}
	return a.invalid("/" + strings.ToLower(option))
}

// next is the next option in capitals, without its slash: "/fi", "-fi" and
// "//fi", as shells on Windows need it, are all "FI".
func (a *arguments) next() (option string, err error) {
	arg := a.rest[0]
	a.rest = a.rest[1:]
	name := strings.TrimPrefix(arg, "/")
	if name == arg {
		name = strings.TrimPrefix(arg, "-")
	} else {
		name = strings.TrimPrefix(name, "/")
	}
	if name == arg || name == "" {
		return "", a.invalid(arg)
	}
	return strings.ToUpper(name), nil
}

// value is the argument of an option.
func (a *arguments) value(option string) (string, error) {
	if len(a.rest) == 0 {
		return "", a.errorf("Invalid syntax. Value expected for '/%s'.", strings.ToLower(option))
	}
	v := a.rest[0]
	a.rest = a.rest[1:]
	return v, nil
}

func (a *arguments) invalid(arg string) error {
	return a.errorf("Invalid argument/option - '%s'.", arg)
}

func (a *arguments) errorf(format string, args ...any) error {
	return &UsageError{strings.ToUpper(a.command), fmt.Sprintf(format, args...)}
}
