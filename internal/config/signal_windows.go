package config

import "strings"

// signalName returns the full name of a signal that a program on Windows can be
// sent, or at least be ended for.
func signalName(text string) (name string, ok bool) {
	name = strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	switch name {
	case "SIGTERM", "SIGINT", "SIGKILL":
		return name, true
	}
	return "", false
}
