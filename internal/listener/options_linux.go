package listener

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kept are the options that make a difference on a listening socket, or are
// inherited by the connections that it accepts (socket(7), tcp(7), ip(7),
// ipv6(7)).
var kept = [...]struct{ level, name int }{
	{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
	{unix.IPPROTO_IPV6, unix.IPV6_TCLASS},
	{unix.IPPROTO_IP, unix.IP_TOS},
	{unix.IPPROTO_IP, unix.IP_FREEBIND},
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	{unix.SOL_SOCKET, unix.SO_LINGER},
	{unix.SOL_SOCKET, unix.SO_PRIORITY},
	{unix.IPPROTO_TCP, unix.TCP_NODELAY},
	{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
	{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
	{unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT},
	{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
}

// readOptions looks at the program's socket through a copy of its descriptor
// (pidfd_getfd(2)). Where that is not allowed the options stay unknown, and the
// shared socket has the system's defaults.
func (b *Bind) readOptions() {
	pidfd, err := openPidfd(b.PID)
	if err != nil {
		return
	}
	defer unix.Close(pidfd)
	fd, err := unix.PidfdGetfd(pidfd, b.FD, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	b.Options = readOptions(fd)
}

// openPidfd opens the process of a thread: a notification names the thread,
// and one that is not the first is only taken with PIDFD_THREAD (Linux 6.9).
func openPidfd(tid int) (int, error) {
	fd, err := unix.PidfdOpen(tid, 0)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return unix.PidfdOpen(tid, unix.O_EXCL) // PIDFD_THREAD
	}
	return fd, err
}

func readOptions(fd int) *Options {
	o := new(Options)
	for _, k := range kept {
		var value [16]byte
		size := uint32(len(value))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(k.level), uintptr(k.name),
			uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
		if errno == 0 { // an option of the other family is none of this socket
			o.set = append(o.set, option{k.level, k.name, value[:size:size]})
		}
	}
	return o
}

// apply sets the options on fd. One that cannot be set there makes no
// difference to who may connect.
func (o *Options) apply(fd int) {
	if o == nil {
		return
	}
	for _, opt := range o.set {
		_, _, _ = unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(opt.level), uintptr(opt.name),
			uintptr(unsafe.Pointer(&opt.value[0])), uintptr(len(opt.value)), 0)
	}
}
