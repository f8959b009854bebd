//go:build !linux

package proc

// SetSubreaper makes this process the new parent of every descendant whose
// parent ends. Only Linux has it; here it does nothing.
func SetSubreaper() error { return nil }
