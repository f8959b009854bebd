package stats

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"forever/internal/proc"
)

// Meter returns a function that measures the processes of the groups; it says
// false for one that is gone. Here each is measured when it is asked for.
func Meter(...[]proc.Entry) func(proc.Entry) (Usage, bool) { return usageOf }

// usageOf asks the system; false when the process is gone, belongs to somebody
// else, or is not the one that was meant.
func usageOf(e proc.Entry) (Usage, bool) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(e.PID))
	if err != nil {
		return Usage{}, false
	}
	defer windows.CloseHandle(h)
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &created, &exited, &kernel, &user) != nil || ticks(created) != e.Start {
		return Usage{}, false
	}
	return Usage{time.Duration(ticks(kernel)+ticks(user)) * 100, workingSet(h)}, true
}

// ticks is a FILETIME as a number of 100 ns.
func ticks(t windows.Filetime) uint64 {
	return uint64(t.HighDateTime)<<32 | uint64(t.LowDateTime)
}

// memoryCounters is PROCESS_MEMORY_COUNTERS of psapi.h.
type memoryCounters struct {
	size, pageFaults               uint32
	peakWorkingSet, workingSet     uintptr
	peakPagedPool, pagedPool       uintptr
	peakNonPagedPool, nonPagedPool uintptr
	pagefile, peakPagefile         uintptr
}

// workingSet is the resident memory of a process, 0 where it cannot be told.
func workingSet(h windows.Handle) uint64 {
	function := windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")
	if function.Find() != nil {
		return 0
	}
	c := memoryCounters{size: uint32(unsafe.Sizeof(memoryCounters{}))}
	if ok, _, _ := function.Call(uintptr(h), uintptr(unsafe.Pointer(&c)), uintptr(c.size)); ok == 0 {
		return 0
	}
	return uint64(c.workingSet)
}
