package config

import (
	"errors"
	"slices"
	"strings"
)

// Kind says what an option's value looks like.
type Kind int

// The kinds of values. All of them reach Option.Set as text.
const (
	Bool             Kind = iota // true or false; as a flag also without a value, and as --no-NAME
	Int                          // a whole number
	Duration                     // see ParseDuration
	Size                         // see ParseSize
	String                       // any text
	Strings                      // any text; may be repeated
	Enum                         // one of Option.Values
	OptionalDuration             // as a flag without a value, or =DURATION; in files true, false or a duration
	List                         // comma separated; in files also an array
)

// The categories of options, in the order of a help page.
const (
	CategoryProgram   = "Program"
	CategoryApp       = "App"
	CategoryEnv       = "Environment"
	CategoryRestart   = "Restart"
	CategoryStop      = "Stop"
	CategoryOutput    = "Output"
	CategoryReadiness = "Readiness"
	CategoryHealth    = "Health"
	CategoryWatch     = "Watch"
)

// Option is one setting: a flag of start and run, and a key of config files.
type Option struct {
	Name        string   // kebab-case
	Aliases     []string // other long names in kebab-case, and one-letter ones
	Kind        Kind
	Placeholder string // what a help page writes for the value; empty for Bool
	Usage       string
	Category    string
	Values      []string // of an Enum
	Hidden      bool     // works but is left out of help pages
	FileOnly    bool     // a key of config files that is no flag

	// Set puts a value into s. A flag without a value sets "true", --no-NAME
	// sets "false"; a Strings option is set once for each value. Its errors
	// are *ValueError.
	Set func(s *Settings, value string) error

	// setList, where it is not nil, takes an array of a config file whole.
	setList func(s *Settings, values []string) error
	// setTable likewise takes an object.
	setTable func(s *Settings, n *node) error
}

// Options returns the table. It is built on each call and kept nowhere.
func Options() []Option {
	options := slices.Concat(programOptions(), appOptions(), envOptions(), restartOptions(),
		stopOptions(), outputOptions(), readinessOptions(), healthOptions(), watchOptions())
	for i := range options {
		o := &options[i]
		o.Set = named(o.Name, o.Set)
		if o.setList != nil {
			o.setList = named(o.Name, o.setList)
		}
		if o.setTable != nil {
			o.setTable = named(o.Name, o.setTable)
		}
	}
	return options
}

// named lets set note that the option was set, and puts its name into errors.
func named[T any](name string, set func(*Settings, T) error) func(*Settings, T) error {
	return func(s *Settings, value T) error {
		err := set(s, value)
		var bad *ValueError
		if errors.As(err, &bad) {
			bad.Option = name
		}
		s.origin.note(name, onCommandLine)
		return err
	}
}

// Lookup returns the option of that name or alias, written in kebab-case,
// camelCase or snake_case.
func Lookup(name string) (Option, bool) {
	key := Kebab(name)
	for _, o := range Options() {
		if o.Name == key || slices.Contains(o.Aliases, key) {
			return o, true
		}
	}
	return Option{}, false
}

// Spellings returns every long name of the option beside Name, in kebab-case
// and camelCase, and its one-letter aliases: what a command line should accept.
func (o Option) Spellings() []string {
	var names []string
	for _, name := range append([]string{o.Name}, o.Aliases...) {
		for _, spelling := range []string{name, camel(name)} {
			if spelling != o.Name && !slices.Contains(names, spelling) {
				names = append(names, spelling)
			}
		}
	}
	return names
}

// Kebab writes a camelCase or snake_case name in kebab-case.
func Kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case r == '_':
			r = '-'
		case r >= 'A' && r <= 'Z':
			if i > 0 && len(name) > 1 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// camel writes a kebab-case name in camelCase.
func camel(name string) string {
	parts := strings.Split(name, "-")
	for i, part := range parts[1:] {
		if part != "" {
			parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, "")
}
