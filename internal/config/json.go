package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// maxDepth bounds how deep values may be nested; an app needs four levels.
const maxDepth = 64

// parseJSON reads JSON with comments and trailing commas.
func parseJSON(data string) (*node, error) {
	if at := tooDeep(data); at >= 0 {
		return nil, &syntaxError{positionAt(data, at), "is nested too deep"}
	}
	value, err := hujson.Parse([]byte(data))
	if err != nil {
		return nil, jsonError(data, err)
	}
	return jsonReader{&cursor{text: data}}.node(value)
}

// tooDeep returns the offset of the bracket that nests deeper than maxDepth,
// or -1. The parser behind us is recursive and has no bound of its own.
func tooDeep(data string) int {
	depth, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}

// jsonError takes the position out of the parser's message, which has no other
// place for it.
func jsonError(data string, err error) error {
	var at position
	if _, scan := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &at.line, &at.column); scan != nil {
		return &syntaxError{position{}, err.Error()}
	}
	cause := err
	if inner := errors.Unwrap(err); inner != nil {
		cause = inner
	}
	return &syntaxError{inCharacters(data, at), "is not valid JSON: " + cause.Error()}
}

// jsonReader turns a syntax tree into nodes.
type jsonReader struct{ at *cursor }

func (r jsonReader) node(v hujson.Value) (*node, error) {
	n := &node{at: r.at.to(v.StartOffset)}
	switch v := v.Value.(type) {
	case hujson.Literal:
		n.kind, n.text = jsonLiteral(v)
	case *hujson.Array:
		n.kind = list
		for _, element := range v.Elements {
			item, err := r.node(element)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case *hujson.Object:
		n.kind = table
		for _, member := range v.Members {
			if err := r.member(n, member); err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

func (r jsonReader) member(into *node, m hujson.ObjectMember) error {
	_, key := jsonLiteral(m.Name.Value.(hujson.Literal)) // the grammar has nothing else there
	e := &entry{key: key, at: r.at.to(m.Name.StartOffset)}
	value, err := r.node(m.Value)
	if err != nil {
		return err
	}
	e.value = value
	return into.add(e)
}

func jsonLiteral(l hujson.Literal) (nodeKind, string) {
	switch l.Kind() {
	case 'n':
		return null, ""
	case 't', 'f':
		return boolean, string(l)
	case '0':
		return number, string(l)
	}
	return text, strings.ToValidUTF8(l.String(), "\ufffd")
}
