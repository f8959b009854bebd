package config

import "maps"

// position is a place in a config file, counted from 1; 0 is unknown.
type position struct{ line, column int }

// origin tells where settings were said, for messages about them.
type origin struct {
	file string // as the user typed it
	dir  string // absolute; what the file's relative paths start from
	app  position
	at   map[string]position // of each value, by the option's name
}

func (o origin) merge(over origin) origin {
	if over.file == "" && over.at == nil {
		return o
	}
	if o.file == "" {
		return over
	}
	at := maps.Clone(o.at)
	maps.Copy(at, over.at)
	o.at = at
	return o
}
