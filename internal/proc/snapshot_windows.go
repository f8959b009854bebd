package proc

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Snapshot looks at every process of the machine (CreateToolhelp32Snapshot).
// Of those that this user may not open the start time is 0.
func Snapshot() (*Table, error) {
	list, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, fmt.Errorf("look at all processes: %w", os.NewSyscallError("CreateToolhelp32Snapshot", err))
	}
	defer windows.CloseHandle(list)
	var entries []Entry
	next := windows.ProcessEntry32{}
	next.Size = uint32(unsafe.Sizeof(next))
	for err = windows.Process32First(list, &next); err == nil; err = windows.Process32Next(list, &next) {
		entries = append(entries, Entry{
			PID:   int(next.ProcessID),
			PPID:  int(next.ParentProcessID),
			Start: startOf(next.ProcessID),
			State: 'S',
			Comm:  windows.UTF16ToString(next.ExeFile[:]),
		})
	}
	if !errors.Is(err, windows.ERROR_NO_MORE_FILES) {
		return nil, fmt.Errorf("look at all processes: %w", os.NewSyscallError("Process32Next", err))
	}
	return newTable(entries), nil
}

func startOf(pid uint32) uint64 {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return 0
	}
	defer windows.CloseHandle(h)
	start, err := creation(h)
	if err != nil {
		return 0
	}
	return start
}

// creation is when a process started, as a FILETIME.
func creation(h windows.Handle) (uint64, error) {
	var created, exit, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &created, &exit, &kernel, &user); err != nil {
		return 0, os.NewSyscallError("GetProcessTimes", err)
	}
	return uint64(created.HighDateTime)<<32 | uint64(created.LowDateTime), nil
}
