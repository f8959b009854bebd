//go:build unix

package config

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// signalName returns the full name of a signal that is written as SIGTERM, TERM
// or term, or as its number on this system.
func signalName(text string) (name string, ok bool) {
	if n, err := strconv.Atoi(text); err == nil {
		name = unix.SignalName(syscall.Signal(n))
		return name, name != ""
	}
	name = strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	return name, unix.SignalNum(name) != 0
}
