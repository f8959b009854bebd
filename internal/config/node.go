package config

import "fmt"

// nodeKind is what a value in a file is, whatever the format.
type nodeKind int

const (
	null nodeKind = iota
	boolean
	number
	text
	list
	table
)

func (k nodeKind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "an array", "an object"}[k]
}

// node is a value of a config file; every format is read into nodes, so that
// all are checked by the same code.
type node struct {
	kind    nodeKind
	at      position
	text    string   // of a scalar, as written
	items   []*node  // of a list
	entries []*entry // of a table, in the order of the file
}

// entry is one key of a table.
type entry struct {
	key   string
	at    position
	value *node
}

// find returns the first entry with one of the keys, in kebab-case, or nil.
func (n *node) find(keys ...string) *entry {
	for _, e := range n.entries {
		for _, key := range keys {
			if Kebab(e.key) == key {
				return e
			}
		}
	}
	return nil
}

// add appends an entry; a key that is there already is an error.
func (n *node) add(e *entry) error {
	if first := n.entry(e.key); first != nil {
		return &syntaxError{e.at, fmt.Sprintf("%q stands twice%s", e.key, inLine(first.at))}
	}
	n.entries = append(n.entries, e)
	return nil
}

// entry returns the entry with exactly that key, or nil.
func (n *node) entry(key string) *entry {
	for _, e := range n.entries {
		if e.key == key {
			return e
		}
	}
	return nil
}

// String describes a node in an error.
func (n *node) String() string {
	switch n.kind {
	case text:
		return fmt.Sprintf("%q", n.text)
	case boolean, number:
		return n.text
	}
	return n.kind.String()
}

// syntaxError is a file that is no JSON, YAML or TOML.
type syntaxError struct {
	at      position
	message string
}

func (e *syntaxError) Error() string { return e.message }
