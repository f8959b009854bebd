package probe

import "syscall"

// ownSession lets a command lead a session.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
