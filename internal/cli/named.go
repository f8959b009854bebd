package cli

import (
	"path/filepath"
	"slices"
	"strings"
)

// helper is the action of that name among those that stand in for small classic
// programs, or nil. They are made to start as fast as these: none of the other
// actions, with all their options, is put together for them.
func helper(name string) *command {
	switch name {
	case "killport":
		return killportCommand()
	case "ports":
		return portsCommand()
	case "fuser":
		return fuserCommand()
	case "tasklist":
		return tasklistCommand()
	case "taskkill":
		return taskkillCommand()
	}
	return nil
}

// named is the action that a link to the binary is called after: a link fuser
// behaves as forever fuser. Empty for every other name.
func named(program string) string {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(program)), ".exe")
	if slices.Contains([]string{"fuser", "killport", "tasklist", "taskkill"}, name) {
		return name
	}
	return ""
}
