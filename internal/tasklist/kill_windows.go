package tasklist

import (
	"os"

	"golang.org/x/sys/windows"

	"forever/internal/proc"
)

// askToEnd sends WM_CLOSE to the top windows of a process. One without windows
// cannot be asked.
func askToEnd(e proc.Entry) error {
	h, err := proc.Open(e.PID, e.Start) // its number is its own while h is open
	if err != nil {
		return err
	}
	defer h.Close()
	user32 := windows.NewLazySystemDLL("user32.dll")
	next, post := user32.NewProc("FindWindowExW"), user32.NewProc("PostMessageW")
	for _, function := range []*windows.LazyProc{next, post} {
		if err := function.Find(); err != nil {
			return os.NewSyscallError(function.Name, err)
		}
	}
	asked := false
	for window := uintptr(0); ; {
		const wmClose = 0x10
		if window, _, _ = next.Call(0, window, 0, 0); window == 0 {
			break
		}
		var pid uint32
		if _, err := windows.GetWindowThreadProcessId(windows.HWND(window), &pid); err == nil && int(pid) == e.PID {
			ok, _, _ := post.Call(window, wmClose, 0, 0)
			asked = asked || ok != 0
		}
	}
	if !asked {
		return errOnlyHard
	}
	return nil
}
