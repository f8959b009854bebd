//go:build !linux

package proc

// Unblocked runs f, which starts a process. The process inherits which signals are
// blocked: there is no call for that here that Go has.
func Unblocked(f func() error) error { return f() }
