package config

import "maps"

// origin tells where settings were said, for messages about them.
type origin struct {
	file string // as the user typed it
	dir  string // absolute; what the file's relative paths start from
	text string // what stands in the file
	app  position
	at   map[string]position // of each value, by the option's name
}

// onCommandLine is the position of what no file said.
var onCommandLine = position{line: -1}

// merge lays over on o. What a command line said keeps the file that the app is from.
func (o origin) merge(over origin) origin {
	merged := o
	if over.file != "" {
		merged = over
	}
	merged.at = map[string]position{}
	maps.Copy(merged.at, o.at)
	maps.Copy(merged.at, over.at)
	return merged
}

// note remembers that an option was set, and where.
func (o *origin) note(option string, at position) {
	if o.at == nil {
		o.at = map[string]position{}
	}
	o.at[option] = at
}

// where is the place of an option's value, or of its app. Not ok: the value is
// not from the file.
func (o origin) where(option string) (at position, ok bool) {
	at, known := o.at[option]
	if !known {
		at = o.app
	}
	return at, at != onCommandLine
}
