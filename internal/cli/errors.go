package cli

import (
	"errors"
	"fmt"
	"strings"

	"forever/internal/client"
	"forever/internal/config"
	"forever/internal/program"
	"forever/internal/render"
	"forever/internal/wire"
	"forever/pidfile"
)

// The exit codes of COMMANDS.md.
const (
	codeDone   = 0
	codeFailed = 1
	codeUsage  = 2
)

// rootHint is what to do where the root folder cannot be used.
const rootHint = "to use another root folder: --root DIR or FOREVER_ROOT"

// usageError says that the command line was wrong and nothing was done.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

func usagef(hint, format string, a ...any) error {
	return &usageError{fmt.Sprintf(format, a...), hint}
}

// failure is an error with a hint.
type failure struct {
	err  error
	hint string
}

func (e *failure) Error() string { return e.err.Error() }
func (e *failure) Unwrap() error { return e.err }

// coded is an error with an exit code of its own.
type coded struct {
	error
	code int
}

func (e *coded) Unwrap() error { return e.error }

// exitCode ends the program with that code; everything has been said already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// report prints err and is the exit code that it stands for.
func (s *session) report(err error) int {
	var code exitCode
	if err == nil {
		return codeDone
	}
	if errors.As(err, &code) {
		return int(code)
	}
	text, hint, number := s.explain(err)
	var as *coded
	if errors.As(err, &as) {
		number = as.code
	}
	var many config.FileErrors
	var file *config.FileError
	switch {
	case errors.As(err, &many):
		s.mistakes(many)
		return number
	case errors.As(err, &file):
		s.err.Error(text)
		s.err.Quoted(file.Excerpt())
	default:
		s.err.Error(text)
	}
	if hint != "" {
		s.err.Hint(hint)
	}
	return number
}

// mistakes prints those of a config file, and at the end what they have in
// common.
func (s *session) mistakes(list config.FileErrors) {
	for _, bad := range list {
		s.err.Error(strings.TrimSuffix(bad.Error(), "."))
		s.err.Quoted(bad.Excerpt())
		if bad.Advises() {
			s.err.Hint(bad.Hint)
		}
	}
	s.err.Hint(fmt.Sprintf("nothing was started; correct these %d mistakes and run it again", len(list)))
}

// explain finds the words, the hint and the exit code of an error.
func (s *session) explain(err error) (text, hint string, code int) {
	text = strings.TrimSuffix(err.Error(), ".")
	var (
		usage   *usageError
		file    *config.FileError
		value   *config.ValueError
		program *program.Error
		remote  *wire.Error
		with    *failure
		root    *client.RootError
		damaged *pidfile.DamagedError
	)
	switch {
	case errors.As(err, &usage):
		return text, usage.hint, codeUsage
	case errors.As(err, &file):
		return text, file.Hint, codeFailed
	case errors.As(err, &value):
		return text, value.Hint, codeUsage
	case errors.As(err, &program):
		return text, program.Hint, codeFailed
	case errors.As(err, &remote):
		return text, remote.Hint, remoteCode(remote)
	case errors.As(err, &with):
		return text, with.hint, codeFailed
	case errors.As(err, &damaged):
		path := render.Word(damaged.Path)
		return text, "mend that line; or begin with an empty list, and no program is harmed: rm " + path, codeFailed
	case errors.As(err, &root):
		return text, rootHint, codeFailed
	case errors.Is(err, client.ErrNoSupervisor):
		return "no supervisor is running in " + s.root, "it starts with the first app: forever start PROGRAM", codeFailed
	}
	return text, "", codeFailed
}

func remoteCode(e *wire.Error) int {
	if e.Code == wire.CodeUsage {
		return codeUsage
	}
	return codeFailed
}
