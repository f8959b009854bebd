package config

import (
	"errors"

	"forever/internal/program"
)

// locateError says where in a config file the setting stands that an error of
// Spec is about. Errors of settings from a command line stay as they are.
func (s *Settings) locateError(err error) error {
	var file *FileError
	if s.ConfigFile == "" || errors.As(err, &file) {
		return err
	}
	located := &FileError{File: s.origin.file, App: s.Name, Message: err.Error(), err: err}
	at := s.origin.app
	var missing *program.Error
	var bad *ValueError
	switch {
	case errors.As(err, &missing):
		at = s.origin.where("script")
		located.Hint = missing.Hint
	case errors.As(err, &bad):
		at = s.origin.where(bad.Option)
		located.Message, located.Hint = bad.text(bad.Option), bad.Hint
	}
	located.Line, located.Column = at.line, at.column
	located.Hint = either(located.Hint, defaultHint(at.line))
	return located
}

// where is the place of an option's value, or of its app.
func (o origin) where(option string) position {
	if at, ok := o.at[option]; ok {
		return at
	}
	return o.app
}
