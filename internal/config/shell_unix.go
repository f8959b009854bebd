//go:build unix

package config

// shellCommand is what runs a command line, and the flag before it.
func shellCommand() (shell, flag string) { return "/bin/sh", "-c" }
