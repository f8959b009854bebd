package launch

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From include/uapi/linux/seccomp.h.
const (
	setModeFilter = 1      // SECCOMP_SET_MODE_FILTER
	specAllow     = 1 << 2 // SECCOMP_FILTER_FLAG_SPEC_ALLOW
	newListener   = 1 << 3 // SECCOMP_FILTER_FLAG_NEW_LISTENER
	waitKillable  = 1 << 5 // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
	retUserNotif  = 0x7fc00000
	retAllow      = 0x7fff0000
	offsetNr      = 0 // of struct seccomp_data
	offsetArch    = 4
	offsetArg1    = 24 // its lower half: both processors begin with that
	offsetArg2    = 32
)

// reportBinds has every bind(2) of this thread, and of what it becomes and
// starts, wait for an answer, and returns the descriptor of the reports
// (seccomp(2), seccomp_unotify(2)). files: so does every unlink(2), if it can wait
// as it should.
func reportBinds(files bool) (int, error) {
	if auditArch == 0 {
		return -1, errors.New("no filter is known for this processor")
	}
	fd, err := installFilter(files)
	if errors.Is(err, unix.EACCES) {
		// Without CAP_SYS_ADMIN a filter is only for those who give up gaining
		// privileges by execve: sudo and other setuid programs below this one
		// stay without theirs.
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return -1, fmt.Errorf("give up new privileges: %w", err)
		}
		fd, err = installFilter(files)
	}
	if err != nil {
		return -1, fmt.Errorf("install a seccomp filter: %w", err)
	}
	return fd, nil
}

// installFilter leaves the processor's speculation as it is: until Linux 5.16 the
// kernel takes whoever has a filter for a jail, and slows it down.
//
// Until Linux 5.19 any signal interrupts who waits, and the call may end with EINTR,
// which bind(2) may say, and unlink(2) never does: there it is not reported.
func installFilter(files bool) (int, error) {
	calls := []uint32{unix.SYS_BIND}
	if files {
		calls = append(calls, removals...)
	}
	fd, err := seccomp(newListener|specAllow|waitKillable, calls)
	if errors.Is(err, unix.EINVAL) {
		fd, err = seccomp(newListener|specAllow, calls[:1])
	}
	return fd, err
}

// seccomp installs the filter.
func seccomp(flags uintptr, calls []uint32) (int, error) {
	filter := callFilter(calls)
	if !mayCopy() {
		filter = append(v6OnlyFilter(), filter...)
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, setModeFilter, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// callFilter has the native system calls of these numbers reported, and all else
// allowed. A call of another architecture (32-bit code) is allowed too: the filter is
// a convenience and no fence.
//
// It looks at nothing but the number and the architecture. So the kernel can find
// out, when it is installed, that it allows every other call whatever the arguments
// are, and does not run it for them (seccomp_cache_prepare, Linux 5.11).
func callFilter(calls []uint32) []unix.SockFilter {
	n := uint8(len(calls))
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetArch},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: n + 1, K: auditArch},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetNr},
	}
	for i, nr := range calls {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: n - uint8(i), K: nr})
	}
	return append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: retUserNotif},
	)
}

// v6OnlyFilter, before the other one, has setsockopt(2) of IPV6_V6ONLY reported. It
// is for systems on which the socket of a program cannot be looked at, where nobody
// would know otherwise that a program wants IPv6 alone.
func v6OnlyFilter() []unix.SockFilter {
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetArch},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 7, K: auditArch},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetNr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 5, K: unix.SYS_SETSOCKOPT},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetArg1},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 3, K: unix.IPPROTO_IPV6},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetArg2},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.IPV6_V6ONLY},
		{Code: unix.BPF_RET | unix.BPF_K, K: retUserNotif},
	}
}

// mayCopy tells whether descriptors of other processes can be copied here at all
// (pidfd_getfd(2)): Docker's default profile refuses even one of its own.
func mayCopy() bool {
	self, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return false
	}
	defer unix.Close(self)
	fd, err := unix.PidfdGetfd(self, self, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}
