package render

import "golang.org/x/sys/windows"

// enableSequences switches a console to escape sequences, which Windows 10
// knows but does not do unasked.
func enableSequences(fd int) bool {
	var mode uint32
	if windows.GetConsoleMode(windows.Handle(fd), &mode) != nil {
		return false
	}
	mode |= windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	return windows.SetConsoleMode(windows.Handle(fd), mode) == nil
}
