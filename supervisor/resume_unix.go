//go:build unix

package supervisor

import "syscall"

// resume has a program that was halted (SIGSTOP, ^Z) hear the stop signal, which
// waits until it goes on; systemd and s6 do so too.
func (in *instance) resume() { in.signalGroup(syscall.SIGCONT) }
