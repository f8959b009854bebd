package supervisor

import "syscall"

// waitStatus reads a wire.ShimExit's Status, which is an exit code here.
func waitStatus(status uint32) syscall.WaitStatus { return syscall.WaitStatus{ExitCode: status} }
