package proc

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// ExitStatus tells how the process ended, also when it is nobody's child here.
// The kernel remembers it for the holder of a pidfd once the process has been
// reaped (PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15); until then a zombie
// shows it in proc_pid_stat(5) to its own user. ok is false when the process
// has not ended, and when it was reaped on an older kernel.
func (h *Handle) ExitStatus() (status syscall.WaitStatus, ok bool) {
	h.conn.Control(func(fd uintptr) {
		if !ended(int(fd)) {
			return
		}
		if status, ok = infoStatus(int(fd)); ok {
			return
		}
		if status, ok = h.zombieStatus(); ok {
			return
		}
		status, ok = infoStatus(int(fd)) // reaped between the two questions
	})
	return status, ok
}

func infoStatus(fd int) (syscall.WaitStatus, bool) {
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	if err := unix.IoctlPidfdInfo(fd, &info); err != nil || info.Mask&unix.PIDFD_INFO_EXIT == 0 {
		return 0, false
	}
	return syscall.WaitStatus(info.Exit_code), true
}

// zombieStatus reads what nobody has collected yet. The kernel shows 0 to those
// who may not know it, so a 0 counts only where a file that asks for the same
// permission (PTRACE_MODE_READ_FSCREDS, proc_pid_ns(5)) can be read as well.
func (h *Handle) zombieStatus() (syscall.WaitStatus, bool) {
	stat, err := readStat(h.pid)
	if err != nil || stat.Start != h.start || stat.State != 'Z' {
		return 0, false
	}
	if stat.exit == 0 {
		if _, err := os.Readlink("/proc/" + strconv.Itoa(h.pid) + "/ns/user"); err != nil {
			return 0, false
		}
	}
	return syscall.WaitStatus(stat.exit), true
}
