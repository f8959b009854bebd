package config

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parseYAML reads one YAML document.
func parseYAML(data string) (*node, error) {
	tokens := lexer.Tokenize(data)
	if err := checkYAMLDepth(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlError(err)
	}
	r := &yamlReader{anchors: map[string]*node{}}
	var root *node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			return nil, &syntaxError{yamlPosition(doc.Body), "holds a second document; write the apps as an array"}
		}
		if root, err = r.node(doc.Body); err != nil {
			return nil, err
		}
	}
	if root == nil {
		root = &node{kind: null, at: position{1, 1}}
	}
	return root, nil
}

// checkYAMLDepth bounds nesting in front of a parser that is recursive and
// takes quadratic time for it.
func checkYAMLDepth(tokens token.Tokens) error {
	flow, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			dashes++ // several may open on one line
		}
		if flow > maxDepth || dashes > maxDepth || t.Position.IndentLevel > maxDepth {
			return &syntaxError{position{t.Position.Line, t.Position.Column}, "is nested too deep"}
		}
	}
	return nil
}

// yamlError takes the position out of the parser's error.
func yamlError(err error) error {
	var positioned interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &positioned) || positioned.GetToken() == nil {
		return &syntaxError{position{}, "is not valid YAML: " + err.Error()}
	}
	at := positioned.GetToken().Position
	return &syntaxError{position{at.Line, at.Column}, "is not valid YAML: " + positioned.GetMessage()}
}

// yamlReader turns a syntax tree into nodes. An alias shares the node of its
// anchor, so that no file can grow by them.
type yamlReader struct{ anchors map[string]*node }

func (r *yamlReader) node(n ast.Node) (*node, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.table(n, n.Values)
	case *ast.MappingValueNode:
		return r.table(n, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		return r.list(n)
	case *ast.AnchorNode:
		value, err := r.node(n.Value)
		if err == nil {
			r.anchors[n.Name.GetToken().Value] = value
		}
		return value, err
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if value, ok := r.anchors[name]; ok {
			return value, nil
		}
		return nil, &syntaxError{yamlPosition(n), fmt.Sprintf("alias *%s has no anchor &%s before it", name, name)}
	case *ast.TagNode:
		return r.tag(n)
	}
	return yamlScalar(n)
}

// tag knows the one tag that matters here: !!str makes a text of anything.
func (r *yamlReader) tag(n *ast.TagNode) (*node, error) {
	value, err := r.node(n.Value)
	if err != nil || n.Start.Value != "!!str" || value.kind == list || value.kind == table {
		return value, err
	}
	return &node{kind: text, at: value.at, text: value.text}, nil
}

func (r *yamlReader) list(n *ast.SequenceNode) (*node, error) {
	into := &node{kind: list, at: yamlPosition(n)}
	for _, value := range n.Values {
		item, err := r.node(value)
		if err != nil {
			return nil, err
		}
		into.items = append(into.items, item)
	}
	return into, nil
}

// table reads a mapping. Keys of its own win over those that << brings, wherever it stands.
func (r *yamlReader) table(n ast.Node, values []*ast.MappingValueNode) (*node, error) {
	into := &node{kind: table, at: yamlPosition(n)}
	var merged []*node
	for _, v := range values {
		value, err := r.node(v.Value)
		if err != nil {
			return nil, err
		}
		if v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		key, err := yamlKey(v.Key)
		if err != nil {
			return nil, err
		}
		if err := into.add(&entry{key: key, at: yamlPosition(v.Key), value: value}); err != nil {
			return nil, err
		}
	}
	for _, from := range merged {
		if err := mergeYAML(into, from); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// mergeYAML adds the entries of << that are not there yet; of several the first wins.
func mergeYAML(into, from *node) error {
	sources := []*node{from}
	if from.kind == list {
		sources = from.items
	}
	for _, source := range sources {
		if source.kind != table {
			return &syntaxError{source.at, "<< wants an object or an array of objects, not " + source.String()}
		}
		for _, e := range source.entries {
			if into.entry(e.key) == nil {
				into.entries = append(into.entries, e)
			}
		}
	}
	return nil
}

func yamlKey(key ast.Node) (string, error) {
	if explicit, ok := key.(*ast.MappingKeyNode); ok {
		key = explicit.Value
	}
	n, err := yamlScalar(key)
	if err != nil || n.kind == list || n.kind == table {
		return "", &syntaxError{yamlPosition(key), "a key must be a text"}
	}
	if n.kind == null {
		return key.GetToken().Value, nil
	}
	return n.text, nil
}

// yamlScalar keeps the text of numbers as it was written: 022 is octal to a umask.
func yamlScalar(n ast.Node) (*node, error) {
	scalar := &node{at: yamlPosition(n)}
	switch n := n.(type) {
	case nil:
		scalar.kind = null
	case *ast.NullNode:
		scalar.kind = null
	case *ast.BoolNode:
		scalar.kind, scalar.text = boolean, fmt.Sprint(n.Value)
	case *ast.IntegerNode:
		scalar.kind, scalar.text = number, n.Token.Value
	case *ast.FloatNode:
		scalar.kind, scalar.text = number, n.Token.Value
	case *ast.StringNode:
		scalar.kind, scalar.text = text, n.Value
	case *ast.LiteralNode:
		scalar.kind, scalar.text = text, n.Value.Value
	default:
		return nil, &syntaxError{yamlPosition(n), "a " + n.Type().YAMLName() + " has no meaning here"}
	}
	return scalar, nil
}

// yamlPosition is where a value starts; a mapping's own token is its first colon.
func yamlPosition(n ast.Node) position {
	if n == nil {
		return position{}
	}
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = m.Key
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return position{}
	}
	return position{t.Position.Line, t.Position.Column}
}
