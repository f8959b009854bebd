package program

import (
	"path/filepath"
	"strings"
)

// interpretersOf returns what can read a file with that suffix, best first; nil
// for a suffix that says nothing.
func interpretersOf(suffix string) []string {
	switch strings.ToLower(suffix) {
	case ".js", ".mjs", ".cjs":
		return []string{"node"}
	case ".ts", ".mts", ".cts", ".tsx":
		return []string{"tsx", "bun", "node"}
	case ".py":
		return pythons()
	case ".sh":
		return []string{"bash"}
	case ".rb":
		return []string{"ruby"}
	case ".php":
		return []string{"php"}
	case ".pl":
		return []string{"perl"}
	}
	return nil
}

// installHint says how to get an interpreter.
func installHint(name string) string {
	switch base := strings.TrimSuffix(filepath.Base(name), ".exe"); base {
	case "node":
		return `install Node.js (package "nodejs"), or name another interpreter with -c COMMAND`
	case "tsx":
		return `install one of them (npm install -g tsx), or name another interpreter with -c COMMAND`
	case "bun":
		return `install Bun (npm install -g bun), or name another interpreter with -c COMMAND`
	case "python3", "bash", "ruby", "perl":
		return `install the package "` + base + `", or name another interpreter with -c COMMAND`
	case "python":
		return `install the package "python3", or write python3`
	case "php":
		return `install the package "php-cli", or name another interpreter with -c COMMAND`
	}
	return "install " + name + ", or name another interpreter with -c COMMAND"
}
