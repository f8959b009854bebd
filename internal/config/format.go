package config

import (
	"path/filepath"
	"strings"
)

// parser reads a format into nodes. Its errors are *syntaxError where a
// position is known.
type parser func(data string) (*node, error)

// formatOf returns the parser for a file's name; nil if it is no config file.
func formatOf(path string) parser {
	base := strings.ToLower(filepath.Base(path))
	switch filepath.Ext(base) {
	case ".json":
		return parseJSON
	}
	return nil
}

// parseUnknown reads JSON or YAML. What starts like JSON is JSON, so that its
// mistakes are told in its own words.
func parseUnknown(data string) (*node, error) {
	start := strings.TrimLeft(data, " \t\r\n")
	for _, prefix := range []string{"{", "[", "//", "/*"} {
		if strings.HasPrefix(start, prefix) {
			return parseJSON(data)
		}
	}
	return parseJSON(data)
}
