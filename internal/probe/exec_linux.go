package probe

import "syscall"

// ownSession lets a command lead a session, and die with the supervisor: the
// next one will run its own. (The signal comes with the end of the thread that
// started the command, and Go ends no thread that it was not asked to.)
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
