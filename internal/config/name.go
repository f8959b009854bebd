package config

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName leaves room for what is added to a name to make a file name (255 bytes).
const maxName = 128

func setName(s *Settings, value string) error {
	if err := checkName(value); err != nil {
		return err
	}
	s.Name = value
	return nil
}

func setNamespace(s *Settings, value string) error {
	if err := checkName(value); err != nil {
		return err
	}
	s.Namespace = value
	return nil
}

// setUID refuses a number: as a target it would be an id, and PM2's uid is the
// number of a user, which must not be ignored silently.
func setUID(s *Settings, value string) error {
	if isDigits(value) {
		return wrongHint("a user is chosen with user, an id is given by forever",
			"is another name of the app and must not be the number %s", value)
	}
	if err := checkName(value); err != nil {
		return err
	}
	s.UID = value
	return nil
}

// checkName refuses names that could not be a target of a command or a part of
// a file name.
func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return wrong("wants a name, not an empty one")
	case len(name) > maxName:
		return wrong("wants a name of at most %d bytes, not %d", maxName, len(name))
	case name == "all":
		return wrong("must not be \"all\", which stands for every app")
	case strings.ContainsAny(name[:1], "-+."):
		return wrong("must not start with %q: %q", name[:1], name)
	case strings.ContainsFunc(name, isBadInName) || !utf8.ValidString(name):
		return wrong(`must not contain / \ * ? [ ] or control characters: %q`, name)
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && isDigits(name[i+1:]) {
		return wrong("must not end like an instance's: %q", name)
	}
	return nil
}

func isBadInName(r rune) bool {
	return strings.ContainsRune(`/\*?[]`, r) || unicode.IsControl(r)
}

// cleanName makes a name that checkName takes of what a program is called.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if isBadInName(r) || r == ':' || r == utf8.RuneError {
			return '-'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, "-+. ")
	for len(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if strings.TrimSpace(name) == "" || name == "all" {
		return "app"
	}
	return name
}
