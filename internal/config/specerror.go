package config

import (
	"errors"

	"forever/internal/program"
)

// locateError says where in a config file the setting stands that an error of
// Spec is about. Errors of settings from a command line stay as they are.
func (s *Settings) locateError(err error) error {
	var file *FileError
	if !s.fromFile() || errors.As(err, &file) {
		return err
	}
	located := &FileError{File: s.origin.file, App: s.Label(), Message: err.Error(), err: err}
	option := "script"
	var missing *program.Error
	var bad *ValueError
	switch {
	case errors.As(err, &missing):
		located.Hint = missing.Hint
	case errors.As(err, &bad):
		option = bad.Option
		located.Message, located.Hint = bad.text(option), bad.Hint
	}
	if _, known := s.origin.at[option]; option == "watch-directory" && !known {
		option = "watch" // which may name folders too
	}
	at, ok := s.origin.where(option)
	if !ok {
		return err
	}
	located.Line, located.Column = at.line, at.column
	located.Source = sourceLine(s.origin.text, at.line)
	located.Hint = either(located.Hint, defaultHint(at.line))
	return located
}
