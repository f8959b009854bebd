package config

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTOML reads TOML. The library's decoder decides whether the file is
// right; its syntax tree, which has the positions, is only read after that.
func parseTOML(data string) (*node, error) {
	var all map[string]any
	if err := toml.Unmarshal([]byte(data), &all); err != nil {
		return nil, tomlError(data, err)
	}
	r := &tomlReader{at: cursor{text: data}, root: &node{kind: table, at: position{1, 1}}}
	r.parser.Reset([]byte(data))
	into := r.root
	for r.parser.NextExpression() {
		n := r.parser.Expression()
		switch n.Kind {
		case unstable.Table:
			into = r.open(n, false)
		case unstable.ArrayTable:
			into = r.open(n, true)
		case unstable.KeyValue:
			r.put(into, n)
		}
	}
	return r.root, r.parser.Error()
}

func tomlError(data string, err error) error {
	var bad *toml.DecodeError
	if !errors.As(err, &bad) {
		return &syntaxError{position{}, "is not valid TOML: " + err.Error()}
	}
	line, column := bad.Position()
	return &syntaxError{inCharacters(data, position{line, column}), "is not valid TOML: " + strings.TrimPrefix(bad.Error(), "toml: ")}
}

type tomlReader struct {
	at     cursor
	parser unstable.Parser
	root   *node
}

// open returns the table of a header, [a.b] or [[a.b]], and makes it if needed.
func (r *tomlReader) open(n *unstable.Node, array bool) *node {
	keys := r.keys(n)
	into := r.root
	for i, key := range keys {
		last := i == len(keys)-1
		e := into.entry(key.name)
		switch {
		case e == nil && last && array:
			e = into.append(key, &node{kind: list, at: key.at})
		case e == nil:
			e = into.append(key, &node{kind: table, at: key.at})
		}
		into = e.value
		if last && array {
			into.items = append(into.items, &node{kind: table, at: key.at})
		}
		if into.kind == list && len(into.items) > 0 {
			into = into.items[len(into.items)-1] // a header speaks of the last element
		}
	}
	return into
}

// put adds a key and its value; the key may be dotted.
func (r *tomlReader) put(into *node, n *unstable.Node) {
	keys := r.keys(n)
	last := len(keys) - 1
	for _, key := range keys[:last] {
		e := into.entry(key.name)
		if e == nil {
			e = into.append(key, &node{kind: table, at: key.at})
		}
		into = e.value
	}
	into.append(keys[last], r.value(n.Value(), keys[last].at))
}

// tomlKey is one part of a key.
type tomlKey struct {
	name string
	at   position
}

func (r *tomlReader) keys(n *unstable.Node) []tomlKey {
	var keys []tomlKey
	for it := n.Key(); it.Next(); {
		part := it.Node()
		keys = append(keys, tomlKey{string(part.Data), r.at.to(int(part.Raw.Offset))})
	}
	return keys
}

// value reads a value; arrays carry no position of their own and get their key's.
func (r *tomlReader) value(n *unstable.Node, keyAt position) *node {
	v := &node{at: keyAt}
	if n.Raw.Length > 0 {
		v.at = r.at.to(int(n.Raw.Offset))
	}
	switch n.Kind {
	case unstable.Array:
		v.kind = list
		for it := n.Children(); it.Next(); {
			v.items = append(v.items, r.value(it.Node(), v.at))
		}
	case unstable.InlineTable:
		v.kind = table
		for it := n.Children(); it.Next(); {
			r.put(v, it.Node())
		}
	case unstable.Bool:
		v.kind, v.text = boolean, string(n.Data)
	case unstable.Integer, unstable.Float:
		v.kind, v.text = number, strings.ReplaceAll(string(n.Data), "_", "")
	default: // strings, dates and times
		v.kind, v.text = text, string(n.Data)
	}
	return v
}

// append adds an entry of which the decoder has seen that it is the only one.
func (n *node) append(key tomlKey, value *node) *entry {
	e := &entry{key: key.name, at: key.at, value: value}
	n.entries = append(n.entries, e)
	return e
}
