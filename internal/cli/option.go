package cli

import (
	"flag"
	"strconv"
)

// kind says what an option takes.
type kind int

const (
	boolean  kind = iota // --json, --json=false, --no-json
	valued               // --name web, --name=web
	optional             // --wait, --wait=5s, --no-wait: never the next argument
)

// option is one option of a command: what the command line, the help page and
// the completion know of it. It is a cli.Flag under its canonical name alone;
// other spellings are turned into that before the library sees them.
type option struct {
	name        string   // kebab-case, without dashes
	aliases     []string // a single letter is a short option
	kind        kind
	placeholder string // what the help page calls the value
	usage       string
	category    string   // heading on the help page; empty: Options
	values      []string // for completion
	hidden      bool

	// set takes each value as it is met, in order; nil where the command asks
	// the context instead. Its error is a usage error.
	set func(value string) error
	// fault keeps the first error of set: the flag package would wrap it in
	// words of its own.
	fault error
	text  string
}

// answers reports that the canonical spelling name means this option.
func (o *option) answers(name string) bool {
	if o.name == name {
		return true
	}
	for _, alias := range o.aliases {
		if alias == name {
			return true
		}
	}
	return false
}

// find is the option that name means, or nil.
func find(options []*option, name string) *option {
	for _, o := range options {
		if o.answers(name) {
			return o
		}
	}
	return nil
}

// The methods of cli.Flag.

func (o *option) String() string  { return "--" + o.name }
func (o *option) Names() []string { return []string{o.name} }
func (o *option) IsSet() bool     { return o.text != "" }
func (o *option) Apply(set *flag.FlagSet) error {
	set.Var((*optionValue)(o), o.name, o.usage)
	return nil
}

// optionValue is the flag.Value of an option.
type optionValue option

func (v *optionValue) String() string { return v.text }

// Set never fails: see option.fault.
func (v *optionValue) Set(text string) error {
	v.text = text
	if v.set == nil || v.fault != nil {
		return nil
	}
	if err := v.set(text); err != nil {
		v.fault = err
	}
	return nil
}

// truth reads the value of a boolean option.
func truth(text string) (bool, bool) {
	b, err := strconv.ParseBool(text)
	return b, err == nil
}
