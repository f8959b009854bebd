package who

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"forever/internal/proc"
)

// Age is how long ago a process started, by the Start of its [proc.Entry].
func Age(start uint64) time.Duration { return time.Since(Started(start)) }

// Started is when a process started, by the Start of its [proc.Entry]; the zero
// time where that is unknown.
func Started(start uint64) time.Time {
	if start == 0 {
		return time.Time{}
	}
	t := windows.Filetime{LowDateTime: uint32(start), HighDateTime: uint32(start >> 32)}
	return time.Unix(0, t.Nanoseconds())
}

// open opens a process to ask about it.
func open(pid int) (windows.Handle, error) {
	return windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
}

// Args is the command line of a process; empty when it may not be seen.
func Args(pid int) []string {
	h, err := open(pid)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(h)
	b := make([]byte, 64<<10+unsafe.Sizeof(windows.NTUnicodeString{})) // the longest possible
	err = windows.NtQueryInformationProcess(h, windows.ProcessCommandLineInformation,
		unsafe.Pointer(&b[0]), uint32(len(b)), nil)
	if err != nil {
		return nil
	}
	args, err := windows.DecomposeCommandLine((*windows.NTUnicodeString)(unsafe.Pointer(&b[0])).String())
	if err != nil {
		return nil
	}
	return args
}

// Executable is the path of the program; empty when it may not be seen.
func Executable(pid int) string {
	h, err := open(pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var b [windows.MAX_LONG_PATH]uint16
	size := uint32(len(b))
	if windows.QueryFullProcessImageName(h, 0, &b[0], &size) != nil {
		return ""
	}
	return windows.UTF16ToString(b[:size])
}

// User is DOMAIN\name of the process's user; empty when it may not be seen.
func (r *Reader) User(e proc.Entry) string {
	h, err := open(e.PID)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var token windows.Token
	if windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token) != nil {
		return ""
	}
	defer token.Close()
	owner, err := token.GetTokenUser()
	if err != nil {
		return ""
	}
	name, domain, _, err := owner.User.Sid.LookupAccount("")
	if err != nil {
		return owner.User.Sid.String()
	}
	return domain + `\` + name
}
