package proc

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Peek reads size bytes of a process's memory (process_vm_readv(2)).
func Peek(pid int, from uintptr, size int) ([]byte, error) {
	if size <= 0 {
		return nil, unix.EINVAL
	}
	into := make([]byte, size)
	local := []unix.Iovec{{Base: &into[0]}}
	local[0].SetLen(size)
	n, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: from, Len: size}}, 0)
	if err != nil {
		return nil, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	if n != size {
		return nil, fmt.Errorf("read the memory of process %d: %w", pid, unix.EFAULT)
	}
	return into, nil
}

// Borrow returns a copy of a process's descriptor (pidfd_getfd(2)), the
// caller's to close. pid may be that of a thread.
func Borrow(pid, fd int) (int, error) {
	pidfd, err := openPidfd(pid)
	if err != nil {
		return -1, fmt.Errorf("open process %d: %w", pid, err)
	}
	defer unix.Close(pidfd)
	n, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return -1, fmt.Errorf("copy descriptor %d of process %d: %w", fd, pid, err)
	}
	return n, nil
}

// openPidfd opens the process of a thread: a pidfd is one of the first thread
// (that of another can be had since Linux 6.9 only), and the threads of a
// process share their descriptors.
func openPidfd(tid int) (int, error) {
	fd, err := unix.PidfdOpen(tid, 0)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		pid, ok := processOf(tid)
		if !ok {
			return -1, err
		}
		return unix.PidfdOpen(pid, 0)
	}
	return fd, err
}

// processOf finds the process of a thread (Tgid of proc_pid_status(5)).
func processOf(tid int) (pid int, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		if text, found := strings.CutPrefix(line, "Tgid:"); found {
			pid, err = strconv.Atoi(strings.TrimSpace(text))
			return pid, err == nil
		}
	}
	return 0, false
}
