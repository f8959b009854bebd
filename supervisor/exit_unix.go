//go:build unix

package supervisor

import "syscall"

// waitStatus reads a wire.ShimExit's Status, which is that of wait(2).
func waitStatus(status uint32) syscall.WaitStatus { return syscall.WaitStatus(status) }
