package shim

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// job is a job object: a process that was put in and all that come from it,
// whatever becomes of their parents. It does not end its processes when its
// last handle is closed (JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE is not set): a
// supervisor's death is no reason for theirs. A nil job is one that could not be
// had.
type job struct{ handle windows.Handle }

// newJob makes a job with one process in it.
func newJob(process windows.Handle) (*job, error) {
	h, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, os.NewSyscallError("CreateJobObject", err)
	}
	if err := windows.AssignProcessToJobObject(h, process); err != nil {
		windows.CloseHandle(h)
		return nil, os.NewSyscallError("AssignProcessToJobObject", err)
	}
	return &job{h}, nil
}

func (j *job) kill() error {
	return os.NewSyscallError("TerminateJobObject", windows.TerminateJobObject(j.handle, exitKilled))
}

// How often and how long clear looks whether what it killed is gone: 5 s in all.
const (
	clearTries = 1000
	clearPause = 5 * time.Millisecond
)

// clear ends what is in the job, and tells whether nothing is left. Of a nil
// job that is not known.
func (j *job) clear() bool {
	if j == nil {
		return false
	}
	for range clearTries {
		n, err := j.active()
		if err != nil {
			return false
		}
		if n == 0 {
			return true
		}
		_ = j.kill() // the next look tells
		time.Sleep(clearPause)
	}
	return false
}

// accounting is JOBOBJECT_BASIC_ACCOUNTING_INFORMATION.
type accounting struct {
	TotalUserTime             int64
	TotalKernelTime           int64
	ThisPeriodTotalUserTime   int64
	ThisPeriodTotalKernelTime int64
	TotalPageFaultCount       uint32
	TotalProcesses            uint32
	ActiveProcesses           uint32
	TotalTerminatedProcesses  uint32
}

// active is the number of processes in the job that have not ended.
func (j *job) active() (uint32, error) {
	var a accounting
	err := windows.QueryInformationJobObject(j.handle, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&a)), uint32(unsafe.Sizeof(a)), nil)
	return a.ActiveProcesses, os.NewSyscallError("QueryInformationJobObject", err)
}

func (j *job) close() {
	if j != nil {
		windows.CloseHandle(j.handle)
	}
}
