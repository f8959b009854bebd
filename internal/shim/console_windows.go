package shim

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
)

var (
	kernel32      = windows.NewLazySystemDLL("kernel32.dll")
	attachConsole = kernel32.NewProc("AttachConsole")
	freeConsole   = kernel32.NewProc("FreeConsole")
)

// console is held by whoever has joined one: a process can be in one only.
var console sync.Mutex

// errNoConsole: neither a window nor a signal is there to ask the program by.
var errNoConsole = errors.New("it has no console, so that it cannot be asked to end; it is ended by force when the kill timeout is over")

// sendBreak sends CTRL_BREAK to the process group that pid leads. The event
// reaches only who shares our console, so for that moment we join the
// program's; it does not reach us, who are of another group. CTRL_C would: it
// cannot be sent to one group.
func sendBreak(pid int) error {
	console.Lock()
	defer console.Unlock()
	// The supervisor is started without a console. Should it have got one, it
	// must leave that first; the call fails when there is none.
	_ = call(freeConsole)
	if err := call(attachConsole, uintptr(pid)); err != nil {
		if errors.Is(err, windows.ERROR_INVALID_HANDLE) {
			return errNoConsole
		}
		return fmt.Errorf("join the console of process %d: %w", pid, err)
	}
	defer func() { _ = call(freeConsole) }() // we are in it: it cannot fail
	return os.NewSyscallError("GenerateConsoleCtrlEvent",
		windows.GenerateConsoleCtrlEvent(syscall.CTRL_BREAK_EVENT, uint32(pid)))
}

// call calls a function that returns a BOOL.
func call(p *windows.LazyProc, args ...uintptr) error {
	if ok, _, errno := p.Call(args...); ok == 0 {
		return os.NewSyscallError(p.Name, errno)
	}
	return nil
}
