package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"forever/internal/program"
)

// setter is the type of Option.Set.
type setter = func(s *Settings, value string) error

// The makers of setters: each takes the field that the value goes to.

func setText(field func(*Settings) *string) setter {
	return func(s *Settings, value string) error {
		if value == "" {
			return wrong("wants a value, not an empty one")
		}
		if strings.ContainsRune(value, 0) {
			return wrong("must not contain a zero byte")
		}
		*field(s) = value
		return nil
	}
}

// setVariable takes the name of an environment variable.
func setVariable(field func(*Settings) *string) setter {
	set := setText(field)
	return func(s *Settings, value string) error {
		if strings.ContainsRune(value, '=') {
			return wrong("wants the name of a variable, not %q", value)
		}
		return set(s, value)
	}
}

func setBool(field func(*Settings) **bool) setter {
	return func(s *Settings, value string) error {
		on, err := parseBool(value)
		if err != nil {
			return err
		}
		*field(s) = &on
		return nil
	}
}

func parseBool(value string) (bool, error) {
	switch value {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, wrong("wants true or false, not %q", value)
}

// setCount takes a whole number from 0.
func setCount(field func(*Settings) **int) setter {
	return func(s *Settings, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return wrong("wants a whole number from 0, not %q", value)
		}
		*field(s) = &n
		return nil
	}
}

// setSize takes a number of bytes.
func setSize(field func(*Settings) **int64) setter {
	return func(s *Settings, value string) error {
		n, err := ParseSize(value)
		if err != nil {
			return wrong("%v", err)
		}
		*field(s) = &n
		return nil
	}
}

func setDuration(fields func(*Settings) []**time.Duration) setter {
	return func(s *Settings, value string) error {
		d, err := ParseDuration(value)
		if err != nil {
			return wrong("%v", err)
		}
		for _, field := range fields(s) {
			*field = &d
		}
		return nil
	}
}

// setEnum takes one of some words; what names their kind in the error.
func setEnum(what string, values []string, field func(*Settings) *string) setter {
	return func(s *Settings, value string) error {
		for _, v := range values {
			if v == value {
				*field(s) = value
				return nil
			}
		}
		err := &ValueError{Message: "unknown " + what + " " + strconv.Quote(value) + " (" + strings.Join(values, ", ") + ")", whole: true}
		if near := Nearest(value, values); near != "" {
			err.Hint = "did you mean " + near + "?"
		}
		return err
	}
}

// setWords splits a text as a shell does and adds the words, so that a flag may
// be repeated; setWordList takes the array of a file as it is.
func setWords(field func(*Settings) *[]string) setter {
	return func(s *Settings, value string) error {
		words, err := program.Split(value)
		if err != nil {
			return wrong("cannot be split into words: %v", err)
		}
		return setWordList(field)(s, slices.Concat(*field(s), words))
	}
}

func setWordList(field func(*Settings) *[]string) func(*Settings, []string) error {
	return func(s *Settings, words []string) error {
		for _, word := range words {
			if strings.ContainsRune(word, 0) {
				return wrong("must not contain a zero byte")
			}
		}
		*field(s) = append([]string{}, words...) // not nil: an empty list says something
		return nil
	}
}
