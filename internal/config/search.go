package config

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// searcher finds places in a program that computed its values, which therefore
// have none. A key tells where it stands if it is written exactly once.
type searcher struct {
	text  string
	found map[string]int // offsets by key; -1: nowhere, or more than once
}

// place gives a node the places of its keys and values, as far as they can be
// found, and forgets those that it had in another text.
func (s *searcher) place(n *node, at position) {
	n.at = at
	for _, item := range n.items {
		s.place(item, position{})
	}
	for _, e := range n.entries {
		var value position
		e.at, value = s.positions(e.key)
		s.place(e.value, value)
	}
}

// positions are those of a key and of what follows its colon.
func (s *searcher) positions(key string) (ofKey, ofValue position) {
	offset, known := s.found[key]
	if !known {
		offset = s.find(key)
		s.found[key] = offset
	}
	if offset < 0 {
		return position{}, position{}
	}
	_, rest, _ := strings.Cut(s.text[offset+len(key):], ":")
	return positionAt(s.text, offset), positionAt(s.text, len(s.text)-len(strings.TrimLeft(rest, " \t\r\n")))
}

// find is the offset of a key, or -1.
func (s *searcher) find(key string) int {
	found := -1
	for at := 0; key != ""; at += len(key) {
		i := strings.Index(s.text[at:], key)
		if i < 0 {
			break
		}
		if at += i; !s.isKey(at, len(key)) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = at
	}
	return found
}

// isKey tells whether a whole word, quoted or not, stands at an offset with a
// colon behind it.
func (s *searcher) isKey(at, length int) bool {
	front, _ := utf8.DecodeLastRuneInString(s.text[:at])
	if unicode.IsLetter(front) || unicode.IsDigit(front) || strings.ContainsRune("_$-.", front) {
		return false
	}
	rest := strings.TrimLeft(s.text[at+length:], `'"`)
	return strings.HasPrefix(strings.TrimLeft(rest, " \t"), ":")
}
