//go:build !linux

package cli

// asInit is for PID 1 of a container, which is Linux.
func asInit() (code int, err error) { return -1, nil }
