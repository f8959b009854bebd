package pidfile

import (
	"errors"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

// timeOfDay is the beginning of SYSTEM_TIMEOFDAY_INFORMATION. Times are
// FILETIMEs: 100 ns since 1601.
type timeOfDay struct {
	BootTime      int64
	CurrentTime   int64
	TimeZoneBias  int64
	TimeZoneID    uint32
	_             uint32
	BootTimeBias  uint64
	SleepTimeBias uint64
}

// hour is one hour as a FILETIME.
const hour = 36_000_000_000

// bootID is the hour of the boot. It is as coarse as that because the kernel
// moves its boot time along when the clock is set; BootTimeBias takes that
// back, and what it misses must not change the answer. Two boots within an hour
// are still told apart by the start time of each process, which is a time of day.
func bootID() (string, error) {
	var t timeOfDay
	err := windows.NtQuerySystemInformation(windows.SystemTimeOfDayInformation, unsafe.Pointer(&t), uint32(unsafe.Sizeof(t)), nil)
	if err != nil {
		return "", os.NewSyscallError("NtQuerySystemInformation", err)
	}
	return strconv.FormatInt((t.BootTime-int64(t.BootTimeBias)+hour/2)/hour, 10), nil
}

// look returns the start time of the process and whether it has ended already
// and only exists because somebody holds a handle of it.
func look(pid int) (start uint64, ended bool, err error) {
	if pid <= 0 {
		return 0, false, os.ErrProcessDone
	}
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(pid))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) { // nobody has this PID
		return 0, false, os.ErrProcessDone
	}
	if err != nil {
		return 0, false, os.NewSyscallError("OpenProcess", err)
	}
	defer windows.CloseHandle(h)
	var creation, exit, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &creation, &exit, &kernel, &user); err != nil {
		return 0, false, os.NewSyscallError("GetProcessTimes", err)
	}
	event, err := windows.WaitForSingleObject(h, 0)
	if err != nil {
		return 0, false, os.NewSyscallError("WaitForSingleObject", err)
	}
	start = uint64(creation.HighDateTime)<<32 | uint64(creation.LowDateTime)
	return start, event == windows.WAIT_OBJECT_0, nil
}
