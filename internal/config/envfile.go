package config

import (
	"fmt"
	"strings"
)

// envParser reads a file of variables as node --env-file and Docker do: lines of
// NAME=VALUE, a leading "export " is ignored, # starts a comment, quoted values
// may span lines, and nothing is expanded.
type envParser struct {
	file string
	text string
	at   int // offset of what comes next
}

func parseEnv(file, text string) ([]Variable, error) {
	p := &envParser{file: file, text: strings.TrimPrefix(text, "\ufeff")}
	var variables []Variable
	for p.skipBlank() {
		v, err := p.variable()
		if err != nil {
			return nil, err
		}
		variables = append(variables, v)
	}
	return variables, nil
}

// skipBlank goes to the next line that says something.
func (p *envParser) skipBlank() bool {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		case '#':
			p.line()
		default:
			return true
		}
	}
	return false
}

// line takes the rest of the line.
func (p *envParser) line() string {
	rest := p.text[p.at:]
	line, _, found := strings.Cut(rest, "\n")
	p.at += len(line)
	if found {
		p.at++
	}
	return strings.TrimSuffix(line, "\r")
}

func (p *envParser) variable() (Variable, error) {
	start := p.at
	line, _, _ := strings.Cut(p.text[p.at:], "\n")
	name, _, ok := strings.Cut(line, "=")
	if !ok {
		return Variable{}, p.fail(start, "wants NAME=VALUE, not %q", strings.TrimSpace(line))
	}
	p.at += len(name) + 1
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "export "))
	if name == "" || strings.ContainsAny(name, " \t\"'\x00") {
		return Variable{}, p.fail(start, "%q is no name of a variable", name)
	}
	value, err := p.value()
	if err == nil && strings.ContainsRune(value, 0) {
		err = p.fail(start, "the value of %s contains a zero byte", name)
	}
	return Variable{Name: name, Value: value}, err
}

// value takes what stands behind the equals sign.
func (p *envParser) value() (string, error) {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
	if p.at < len(p.text) && strings.IndexByte("'\"`", p.text[p.at]) >= 0 {
		return p.quoted(p.text[p.at])
	}
	line := p.line()
	if strings.HasPrefix(line, "#") {
		return "", nil
	}
	if i := strings.Index(line, " #"); i >= 0 {
		line = line[:i]
	}
	return strings.TrimSpace(line), nil
}

// quoted takes a value up to its closing quote; only double quotes know escapes.
func (p *envParser) quoted(quote byte) (string, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			if rest := strings.TrimSpace(p.line()); rest != "" && rest[0] != '#' {
				return "", p.fail(start, "%q follows the closing quote", rest)
			}
			return b.String(), nil
		case c == '\\' && quote == '"' && p.at < len(p.text):
			b.WriteString(unescape(p.text[p.at]))
			p.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(start, "a quote is never closed")
}

func unescape(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case '"', '\\', '$':
		return string(c)
	}
	return "\\" + string(c)
}

func (p *envParser) fail(at int, format string, a ...any) error {
	where := positionAt(p.text, at)
	return &FileError{File: p.file, Line: where.line, Column: where.column, Message: fmt.Sprintf(format, a...), Hint: defaultHint(where.line)}
}
