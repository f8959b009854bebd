package config

import (
	"errors"
	"fmt"
	"strings"
)

// fill puts a value of a config file into s. What a kind of option takes is
// decided here; what its text means, in its setter.
func (o Option) fill(s *Settings, n *node) error {
	switch n.kind {
	case list:
		return o.fillList(s, n)
	case table:
		return o.fillTable(s, n)
	}
	return o.fillScalar(s, n, n.text)
}

// fillScalar sets the option to a text that stands at n.
func (o Option) fillScalar(s *Settings, n *node, value string) error {
	err := o.accepts(n)
	if err == nil {
		err = o.Set(s, value)
	}
	var bad *ValueError
	if errors.As(err, &bad) {
		bad.at = n.at
	}
	return err
}

// accepts checks a scalar's type, so that a number where a text belongs is
// fine but true where a file belongs is not.
func (o Option) accepts(n *node) error {
	var ok bool
	switch o.Kind {
	case Bool, OptionalDuration:
		ok = true // their setters know the words
	case List, Strings, String, Enum:
		ok = n.kind == text || n.kind == number
	default:
		ok = n.kind == number || n.kind == text
	}
	if !ok {
		return o.wants(n)
	}
	return nil
}

// wants is the error of a value of the wrong type.
func (o Option) wants(n *node) error {
	wanted := o.Kind.wanted()
	if o.Kind == Enum {
		wanted = "one of " + strings.Join(o.Values, ", ")
	}
	return &ValueError{Option: o.Name, Message: fmt.Sprintf("wants %s, not %s", wanted, n), at: n.at}
}

// wanted describes the values of a kind.
func (k Kind) wanted() string {
	switch k {
	case Bool:
		return "true or false"
	case Int:
		return "a whole number"
	case Duration:
		return "a duration such as 500ms or 2s"
	case Size:
		return "a size such as 300M"
	case Strings:
		return "a text or an array of texts"
	case List:
		return "values separated by commas or an array"
	case OptionalDuration:
		return "true, false or a duration"
	}
	return "a text"
}

// fillList sets each item of an array, or all of them at once.
func (o Option) fillList(s *Settings, n *node) error {
	if o.setList == nil && o.Kind != Strings && o.Kind != List {
		return o.wants(n)
	}
	words := make([]string, 0, len(n.items))
	for _, item := range n.items {
		if item.kind == list || item.kind == table || item.kind == null {
			return o.wants(item)
		}
		words = append(words, item.text)
	}
	switch {
	case o.setList != nil:
		return o.setList(s, words)
	case o.Kind == List:
		return o.Set(s, strings.Join(words, ","))
	}
	for i, item := range n.items {
		if err := o.fillScalar(s, item, words[i]); err != nil {
			return err
		}
	}
	return nil
}

// fillTable sets NAME=VALUE for each key, for options that take such pairs.
func (o Option) fillTable(s *Settings, n *node) error {
	if o.setTable != nil {
		return o.setTable(s, n)
	}
	if !o.pairs() {
		return o.wants(n)
	}
	for _, e := range n.entries {
		switch e.value.kind {
		case null:
			continue // the caller's variable, if there is one
		case list, table:
			return &ValueError{Option: o.Name, Message: fmt.Sprintf("wants a text, a number, true or false for %s, not %s", e.key, e.value), at: e.value.at}
		}
		if err := o.fillPair(s, e); err != nil {
			return err
		}
	}
	return nil
}

// fillPair sets one NAME=VALUE; here the name cannot be mistaken for the whole.
func (o Option) fillPair(s *Settings, e *entry) error {
	if e.key == "" || strings.Contains(e.key, "=") {
		return &ValueError{Option: o.Name, Message: fmt.Sprintf("cannot use %q as a name", e.key), at: e.at}
	}
	value := *e.value
	value.kind = text // a variable may be true
	return o.fillScalar(s, &value, e.key+"="+e.value.text)
}

// pairs tells whether the option's values are NAME=VALUE.
func (o Option) pairs() bool { return strings.HasPrefix(o.Placeholder, "NAME=") }
