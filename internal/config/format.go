package config

import (
	"path/filepath"
	"strings"
)

// format reads the text of a file into nodes. Its errors are *syntaxError where a
// position is known.
type format func(data string) (*node, error)

// formatOf returns the parser for a file's name; nil if it is no config file.
func formatOf(path string) format {
	base := filepath.Base(path)
	lower := strings.ToLower(base)
	switch filepath.Ext(lower) {
	case ".json":
		return parseJSON
	case ".yaml", ".yml":
		return parseYAML
	case ".toml":
		return parseTOML
	case ".js", ".cjs", ".mjs":
		if isConfigModule(lower) {
			return func(data string) (*node, error) { return evaluate(path, data) }
		}
		return nil
	}
	if isProcfile(path) {
		return parseProcfile
	}
	return nil
}

// isConfigModule tells a config file from a program by the names that PM2 uses.
func isConfigModule(base string) bool {
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	return strings.HasSuffix(stem, ".config") || stem == "ecosystem"
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
	return parseYAML(data)
}
